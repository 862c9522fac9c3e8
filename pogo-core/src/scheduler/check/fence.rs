//! What may be done about a host in doubt, and when.

use super::Checked;
use crate::fleet::HostName;
use crate::scheduler::state::State;
use crate::scheduler::{AttemptId, DoubtView, FenceAnswer, InputError, JobId, Order, OrderClass, Phase};

impl State {
    /// A host is asked for what is in doubt, and for what is about to be reported so.
    pub(in crate::scheduler) fn check_answer(
        &self,
        attempt: AttemptId,
        answer: FenceAnswer,
    ) -> Result<Checked, InputError> {
        if !self.attempts.was_issued(attempt) {
            return Err(InputError::UnknownAttempt { attempt });
        }
        let running = self.attempts.get(attempt);
        let asked = running.is_some_and(|running| running.phase != Phase::Settle && !running.has_not_begun());
        Ok(match asked || self.doubts.of_attempt(attempt).is_some() {
            true => Checked::Fenced { attempt, answer },
            // Its end was known before the answer came.
            false => Checked::Nothing,
        })
    }

    /// Refuses to free hosts or to try them again while an attempt may still run there. Gives the hosts that are to be
    /// counted as fenced, by force.
    pub(in crate::scheduler) fn check_fenced(&self, order: &Order, reason: &str) -> Result<Vec<HostName>, InputError> {
        let force = order.is_forced();
        if force && reason.trim().is_empty() {
            return Err(InputError::NoReason);
        }
        let unfenced = self.unfenced_by(order);
        match unfenced.first() {
            Some(doubt) if !force => Err(InputError::NotFenced {
                job: doubt.job,
                host: doubt.host.clone(),
                attempt: doubt.attempt,
                fence: doubt.fence,
            }),
            _ => {
                let mut hosts: Vec<HostName> = unfenced.into_iter().map(|doubt| doubt.host).collect();
                hosts.dedup();
                Ok(hosts)
            }
        }
    }

    /// The attempts whose hosts have to be fenced before this order can be carried out.
    pub(in crate::scheduler) fn unfenced_by(&self, order: &Order) -> Vec<DoubtView> {
        match order.class() {
            OrderClass::HostsOfJob { job, hosts } => self.unfenced_in(job, hosts),
            OrderClass::AvailableHost(host) => match self.fleet.id(host.as_str()) {
                Some(host) => self.unfenced_on(host).map(|(at, doubt)| doubt.view(&at)).collect(),
                None => vec![],
            },
            OrderClass::Configuration { .. }
            | OrderClass::NewJob
            | OrderClass::Job(_)
            | OrderClass::EndedJob(_)
            | OrderClass::Hosts => vec![],
        }
    }

    fn unfenced_in(&self, job: JobId, hosts: &[HostName]) -> Vec<DoubtView> {
        let mut hosts: Vec<&HostName> = hosts.iter().collect();
        // An order may name a host twice, and the record of what was forced has it once.
        hosts.sort_unstable();
        hosts.dedup();
        let view = |host: &HostName| Some(self.unfenced(job, host)?.view(&(host.clone(), job)));
        hosts.into_iter().filter_map(view).collect()
    }
}
