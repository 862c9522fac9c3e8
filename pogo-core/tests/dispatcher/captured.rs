//! A subscriber of `tracing` that keeps what it gets.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

type Fields = BTreeMap<String, String>;

#[derive(Debug)]
pub(crate) struct KeptSpan {
    pub(crate) name: &'static str,
    parent: Option<usize>,
    pub(crate) fields: Fields,
    pub(crate) open: bool,
}

#[derive(Debug)]
pub(crate) struct KeptEvent {
    pub(crate) level: Level,
    /// The span that it is in, as an index.
    span: Option<usize>,
    pub(crate) fields: Fields,
}

#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) spans: Vec<KeptSpan>,
    pub(crate) events: Vec<KeptEvent>,
}

/// All that was traced, in the order in which it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Captured(pub(crate) Arc<Mutex<Kept>>);

impl Captured {
    /// Runs this with a subscriber, and returns what it got.
    pub(crate) fn by(act: impl FnOnce()) -> Kept {
        let captured = Self::default();
        tracing::subscriber::with_default(Registry::default().with(captured.clone()), act);
        std::mem::take(&mut *captured.0.lock().unwrap())
    }
}

impl Kept {
    /// The spans as a tree, with the events in each.
    pub(crate) fn tree(&self) -> String {
        let mut text = String::new();
        self.write(None, 0, &mut text);
        text
    }

    fn write(&self, parent: Option<usize>, depth: usize, text: &mut String) {
        for (index, span) in self.spans.iter().enumerate().filter(|(_, span)| span.parent == parent) {
            let fields: Vec<_> = span
                .fields
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            writeln!(text, "{:depth$}{}{{{}}}", "", span.name, fields.join(" ")).unwrap();
            for event in self.events.iter().filter(|event| event.span == Some(index)) {
                writeln!(text, "{:depth$}  {} {}", "", event.level, event.fields["message"]).unwrap();
            }
            self.write(Some(index), depth + 2, text);
        }
    }

    /// The texts of the events of this level.
    pub(crate) fn messages(&self, level: Level) -> Vec<&str> {
        let events = self.events.iter().filter(|event| event.level == level);
        events.map(|event| event.fields["message"].as_str()).collect()
    }
}

#[derive(Default)]
struct Collect(Fields);

impl Visit for Collect {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

struct Index(usize);

fn index_of<S: Subscriber + for<'a> LookupSpan<'a>>(context: &Context<'_, S>, id: &Id) -> usize {
    context.span(id).unwrap().extensions().get::<Index>().unwrap().0
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Captured {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let parent = span
            .parent()
            .map(|parent| parent.extensions().get::<Index>().unwrap().0);
        let mut fields = Collect::default();
        attributes.record(&mut fields);
        let mut kept = self.0.lock().unwrap();
        span.extensions_mut().insert(Index(kept.spans.len()));
        kept.spans.push(KeptSpan {
            name: attributes.metadata().name(),
            parent,
            fields: fields.0,
            open: true,
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let index = index_of(&context, id);
        let mut fields = Collect::default();
        values.record(&mut fields);
        self.0.lock().unwrap().spans[index].fields.extend(fields.0);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let span = context.event_span(event);
        let span = span.map(|span| span.extensions().get::<Index>().unwrap().0);
        let mut fields = Collect::default();
        event.record(&mut fields);
        self.0.lock().unwrap().events.push(KeptEvent {
            level: *event.metadata().level(),
            span,
            fields: fields.0,
        });
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let index = index_of(&context, &id);
        self.0.lock().unwrap().spans[index].open = false;
    }
}
