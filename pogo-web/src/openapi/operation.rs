//! One operation: its parameters, its body and its answers.

use std::collections::{BTreeMap, BTreeSet};

use pogo_api::wire::{Problem, ProblemKind};
use pogo_core::output::Stream;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{
    HttpMethod, Operation as Built, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Ref, RefOr, Required, Response, ResponseBuilder, Responses, ResponsesBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::schemas::{Schemas, add};
use crate::Right;

/// Numbers of jobs and of attempts, as paths and parameters have them, and of limits.
pub(super) const JOB: &str = "^(job-)?[0-9]{1,18}$";
pub(super) const ATTEMPT: &str = "^a?[0-9]{1,18}$";
pub(super) const LIMIT: &str = "^[0-9]{1,9}$";
/// A host, as a cursor.
pub(super) const HOST: &str = r#"^[^\s,|&!()$\[\]{}*?"'`]{1,255}$"#;

/// What is described of a route.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// Schemas that it names.
    pub(super) schemas: Schemas,
    id: &'static str,
    about: &'static str,
    parameters: Vec<Parameter>,
    body: Option<Ref>,
    answer: (&'static str, RefOr<Schema>),
    answer_about: &'static str,
    /// Whether it leads elsewhere, and a page for people says why not.
    leads: bool,
    problems: BTreeSet<u16>,
}

impl Operation {
    fn new(method: &'static str, path: &'static str, id: &'static str, about: &'static str) -> Self {
        Self {
            method,
            path,
            id,
            about,
            schemas: vec![],
            parameters: vec![],
            body: None,
            answer: ("text/plain", string().into()),
            answer_about: "The answer.",
            leads: false,
            problems: BTreeSet::new(),
        }
    }

    pub(super) fn get(path: &'static str, id: &'static str, about: &'static str) -> Self {
        Self::new("GET", path, id, about)
    }

    /// With a body of this type.
    pub(super) fn post<Body: ToSchema>(path: &'static str, id: &'static str, about: &'static str) -> Self {
        let mut operation = Self::new("POST", path, id, about);
        operation.body = Some(Ref::from_schema_name(Body::name()));
        add::<Body>(&mut operation.schemas);
        operation.or(&[
            ProblemKind::InvalidBody,
            ProblemKind::BodyTooSlow,
            ProblemKind::BodyTooLarge,
            ProblemKind::WrongMediaType,
        ])
    }

    /// Without a body.
    pub(super) fn post_nothing(path: &'static str, id: &'static str, about: &'static str) -> Self {
        Self::new("POST", path, id, about)
    }

    /// Leads a browser elsewhere.
    pub(super) fn leads(mut self, about: &'static str) -> Self {
        self.leads = true;
        self.answer_about = about;
        self
    }

    /// Answers with this document.
    pub(super) fn answers<Answer: ToSchema>(mut self, about: &'static str) -> Self {
        add::<Answer>(&mut self.schemas);
        self.answer = ("application/json", Ref::from_schema_name(Answer::name()).into());
        self.answer_about = about;
        self
    }

    /// Answers with text of another type.
    pub(super) fn text(mut self, media_type: &'static str, about: &'static str) -> Self {
        self.answer = (media_type, string().into());
        self.answer_about = about;
        self
    }

    /// Answers with a document that has no schema of its own.
    pub(super) fn any_document(mut self, about: &'static str) -> Self {
        let object = ObjectBuilder::new().schema_type(SchemaType::new(Type::Object));
        self.answer = ("application/json", object.into());
        self.answer_about = about;
        self
    }

    /// May answer with these problems, besides those that all of its kind have.
    pub(super) fn or(mut self, problems: &[ProblemKind]) -> Self {
        self.problems.extend(problems.iter().map(ProblemKind::status));
        self
    }

    fn parameter(mut self, name: &str, about: &str, schema: impl Into<RefOr<Schema>>) -> Self {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .description(Some(about));
        self.parameters
            .push(parameter.required(Required::False).schema(Some(schema)).build());
        self
    }

    pub(super) fn string(self, name: &str, about: &str) -> Self {
        self.parameter(name, about, string())
    }

    /// A text of this form.
    pub(super) fn pattern(self, name: &str, about: &str, pattern: &str) -> Self {
        self.parameter(name, about, string().pattern(Some(pattern)))
    }

    pub(super) fn host(self, name: &str, about: &str) -> Self {
        self.parameter(name, about, Ref::from_schema_name("HostName"))
    }

    pub(super) fn job(self, name: &str, about: &str) -> Self {
        self.pattern(name, about, JOB)
    }

    pub(super) fn number(self, name: &str, about: &str) -> Self {
        self.parameter(name, about, number())
    }

    pub(super) fn flag(self, name: &str, about: &str) -> Self {
        self.parameter(
            name,
            about,
            ObjectBuilder::new().schema_type(SchemaType::new(Type::Boolean)),
        )
    }

    /// Words of documents, of which several may be given.
    pub(super) fn words<Word: ToSchema>(mut self, name: &str, about: &str) -> Self {
        add::<Word>(&mut self.schemas);
        self.parameter(
            name,
            about,
            ArrayBuilder::new().items(Ref::from_schema_name(Word::name())),
        )
    }

    pub(super) fn selector(self, name: &str, about: &str) -> Self {
        let selector = <pogo_core::fleet::Selector as PartialSchema>::schema();
        self.parameter(name, about, selector)
    }

    /// A part of a list, after a cursor of this form.
    pub(super) fn paged(self, after: &str, most: &str) -> Self {
        self.pattern("after", "Where to go on: the `next` of the page before.", after)
            .number("limit", most)
    }

    pub(super) fn header(mut self, name: &str, about: &str) -> Self {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .description(Some(about));
        self.parameters
            .push(parameter.required(Required::False).schema(Some(string())).build());
        self
    }

    pub(super) fn http_method(&self) -> HttpMethod {
        match self.method {
            "POST" => HttpMethod::Post,
            _ => HttpMethod::Get,
        }
    }

    /// The operation, for whoever has this right.
    pub(super) fn build(self, right: Right) -> Built {
        let segments = self
            .path
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        let segments: Vec<Parameter> = segments.map(segment).collect();
        let mut problems = self.problems;
        if right != Right::Anybody {
            problems.extend(known(!segments.is_empty()));
        }
        let (media_type, schema) = self.answer;
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let answer = ResponseBuilder::new()
            .description(self.answer_about)
            .content(media_type, content);
        let mut built = OperationBuilder::new()
            .operation_id(Some(self.id))
            .summary(Some(self.about))
            .parameters(Some(segments.into_iter().chain(self.parameters)))
            .responses(answers(self.leads, self.answer_about, answer.build()));
        for status in problems {
            built = built.response(status.to_string(), Ref::from_response_name(problem_name(status)));
        }
        if let Some(body) = self.body {
            let content = ContentBuilder::new().schema(Some(body)).build();
            let body = RequestBodyBuilder::new()
                .content("application/json", content)
                .required(Some(Required::True));
            built = built.request_body(Some(body.build()));
        }
        if right != Right::Anybody {
            let by_token = SecurityRequirement::new("bearer", Vec::<String>::new());
            // Peers of a Unix socket are known without one.
            built = built.securities(Some([by_token, SecurityRequirement::default()]));
        }
        built.build()
    }
}

/// The answer where all is well; and, of what leads elsewhere, the page for people where it is not.
fn answers(leads: bool, about: &str, answer: Response) -> Responses {
    if !leads {
        return ResponsesBuilder::new().response("200", answer).build();
    }
    let page = ContentBuilder::new().schema(Some(string())).build();
    let page = ResponseBuilder::new()
        .description("A page for people, which says what went wrong.")
        .content("text/html", page);
    let elsewhere = ResponseBuilder::new().description(about).build();
    let responses = ResponsesBuilder::new().response("303", elsewhere);
    responses.response("default", page.build()).build()
}

/// What may be answered wherever somebody has to be known; and where a namespace or a part of it is named.
fn known(names: bool) -> Vec<u16> {
    use ProblemKind::{
        CrossOrigin, Internal, InvalidParameter, RetiredJob, Stopped, TooManyRequests, Unauthenticated,
        UnknownNamespace,
    };
    let mut kinds = vec![
        InvalidParameter,
        Unauthenticated,
        CrossOrigin,
        TooManyRequests,
        Internal,
    ];
    if names {
        kinds.extend([UnknownNamespace, RetiredJob, Stopped]);
    }
    kinds.iter().map(ProblemKind::status).collect()
}

/// What the refusals of a status are named.
pub(super) fn problem_name(status: u16) -> String {
    format!("Refused{status}")
}

/// All refusals, by their status.
pub(super) fn refusals() -> BTreeMap<String, RefOr<Response>> {
    let statuses: BTreeSet<u16> = ProblemKind::ALL.iter().map(ProblemKind::status).collect();
    let refusals = statuses
        .into_iter()
        .map(|status| (problem_name(status), refusal(status).into()));
    refusals.collect()
}

fn refusal(status: u16) -> Response {
    let codes = ProblemKind::ALL.iter().filter(|kind| kind.status() == status);
    let codes: Vec<String> = codes.map(|kind| format!("`{}`", kind.code())).collect();
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Problem::name())))
        .build();
    ResponseBuilder::new()
        .description(format!("Refused: {}.", codes.join(", ")))
        .content(Problem::MEDIA_TYPE, content)
        .build()
}

/// A segment of a path, by its name.
fn segment(name: &str) -> Parameter {
    let numbered = |pattern: &str, example: &str| string().pattern(Some(pattern)).examples([example]).into();
    let (schema, about): (RefOr<Schema>, _) = match name {
        "namespace" => (Ref::from_schema_name("NamespaceName").into(), "A namespace."),
        "job" => (numbered(JOB, "3"), "A job: `3` or `job-3`."),
        "attempt" => (numbered(ATTEMPT, "17"), "An attempt: `17` or `a17`."),
        "login" => (numbered("^[a-z0-9-]{1,64}$", "company"), "The name of a login."),
        "stream" => (Ref::from_schema_name(Stream::name()).into(), "What it was written to."),
        _ => (Ref::from_schema_name("HostName").into(), "A host."),
    };
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .description(Some(about));
    parameter.required(Required::True).schema(Some(schema)).build()
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String))
}

fn number() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::Integer))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(0))
}
