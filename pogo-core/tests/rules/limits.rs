//! A job's own limits.

use pogo_core::policy::Policy;
use pogo_core::scheduler::{Alteration, Input, InputError, JobId};

use crate::story::{Story, on, web};

#[test]
fn a_job_is_not_altered_to_limits_under_which_nothing_can_run() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*"));
    let nothing = [
        Alteration {
            max_parallel: Some(0),
            ..Alteration::default()
        },
        Alteration {
            attempt_timeout: Some(std::time::Duration::ZERO),
            ..Alteration::default()
        },
    ];
    for change in nothing {
        let told = story.tell(Input::Alter {
            job: JobId::new(1),
            change,
        });
        assert!(matches!(told, Err(InputError::Plan(_))), "{told:?}");
    }
}
