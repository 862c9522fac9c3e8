//! Documents, held against the description of the server: with all that it asks for, and nothing that it does not name.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

static DOCUMENT: LazyLock<Value> = LazyLock::new(pogo_web::openapi::openapi);

/// The schemas by their names. What they are part of says whether they have other fields besides.
static COMPONENTS: LazyLock<Value> = LazyLock::new(|| {
    let mut components = DOCUMENT["components"]["schemas"].clone();
    for component in components.as_object_mut().unwrap().values_mut() {
        close(component, true);
    }
    components
});

static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Refuses fields that no schema names: readers leave those aside, but whoever describes documents must not.
fn close(schema: &mut Value, is_part: bool) {
    let Some(fields) = schema.as_object_mut() else {
        return;
    };
    for (name, value) in fields.iter_mut() {
        match name.as_str() {
            "properties" => value
                .as_object_mut()
                .unwrap()
                .values_mut()
                .for_each(|field| close(field, false)),
            "items" | "additionalProperties" => close(value, false),
            "prefixItems" => value
                .as_array_mut()
                .unwrap()
                .iter_mut()
                .for_each(|item| close(item, false)),
            "allOf" | "oneOf" | "anyOf" => value
                .as_array_mut()
                .unwrap()
                .iter_mut()
                .for_each(|part| close(part, true)),
            _ => {}
        }
    }
    let has_fields = ["$ref", "properties", "allOf", "oneOf", "anyOf"];
    if !is_part && has_fields.iter().any(|name| fields.contains_key(*name)) {
        fields.insert("unevaluatedProperties".to_owned(), json!(false));
    }
}

/// What is wrong with a document by this schema; nothing, if it is as described.
pub(crate) fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let validator = validator(schema);
    let errors = validator.iter_errors(document);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// As [`faults`], by the schema of this name.
pub(crate) fn faults_of(name: &str, document: &Value) -> Vec<String> {
    faults(&json!({ "$ref": format!("#/components/schemas/{name}") }), document)
}

fn validator(schema: &Value) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap();
    let validator = validators.entry(schema.to_string()).or_insert_with(|| {
        let mut closed = schema.clone();
        close(&mut closed, false);
        closed["components"] = json!({ "schemas": *COMPONENTS });
        Arc::new(
            jsonschema::options()
                .with_draft(Draft::Draft202012)
                .build(&closed)
                .unwrap(),
        )
    });
    Arc::clone(validator)
}

/// The operation of the description that a request is for.
pub(crate) fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let is_of = |template: &str| {
        let mut pairs = template.split('/').zip(path.split('/'));
        let as_many = template.split('/').count() == path.split('/').count();
        as_many && pairs.all(|(template, found)| template.starts_with('{') || template == found)
    };
    let mut paths = DOCUMENT["paths"].as_object().unwrap().iter();
    let (_, item) = paths.find(|(template, _)| is_of(template))?;
    item.get(method.to_lowercase())
}

/// The schema of an answer, by its status and type.
pub(crate) fn answer(operation: &Value, status: u16, media_type: &str) -> Result<Value, String> {
    let media_type = media_type.split(';').next().unwrap_or_default();
    let response = operation["responses"].get(status.to_string());
    let response = response.ok_or_else(|| format!("status {status} is not described"))?;
    let named = response.get("$ref").and_then(Value::as_str);
    let response = named.map_or(response, |name| DOCUMENT.pointer(&name[1..]).unwrap());
    let content = response["content"].get(media_type);
    content
        .map(|content| content["schema"].clone())
        .ok_or_else(|| format!("{status} as {media_type} is not described"))
}

/// The schema of a body.
pub(crate) fn body(operation: &Value) -> &Value {
    &operation["requestBody"]["content"]["application/json"]["schema"]
}
