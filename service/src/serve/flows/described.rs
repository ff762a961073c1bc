//! Errors in the OpenAPI document, made from the catalogue that they are answered from.

use std::collections::BTreeMap;

use device_enrollment::two_factor::{PublishedCode, PublishedError};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{OpenApi, Ref, RefOr, ResponseBuilder};

/// What every route under `/account` can answer beside the codes of its page. The numbers are the
/// statuses.
const EVERYWHERE: &[(&str, &str)] = &[
    ("401", "The key is missing, unknown, expired or revoked: `API000401`."),
    ("408", "The body did not arrive in time: `API000408`."),
    ("429", "Too many requests with this key: `API000429`."),
    ("500", "A fault of the service: `QIT000500`."),
    ("503", "Nothing was done, or nobody knows; try again: `API000503`."),
];

/// Describes the errors of the operations of a path: each status with its codes, and an example for
/// each code.
pub(crate) fn errors(document: &mut OpenApi, path: &str, codes: &[PublishedCode]) {
    let Some(item) = document.paths.paths.get_mut(path) else { return };
    for operation in operations(item) {
        describe(operation, codes);
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete]
        .into_iter()
        .flatten()
}

fn describe(operation: &mut Operation, codes: &[PublishedCode]) {
    let mut statuses: BTreeMap<String, Vec<PublishedCode>> = BTreeMap::new();
    for code in codes {
        statuses.entry(code.status().to_string()).or_default().push(*code);
    }
    for (status, _) in EVERYWHERE {
        statuses.entry((*status).to_owned()).or_default();
    }
    for (status, codes) in statuses {
        let everywhere = EVERYWHERE.iter().find(|(known, _)| *known == status);
        let mut lines: Vec<String> =
            codes.iter().map(|code| format!("`{code}`: {}.", code.title())).collect();
        lines.extend(everywhere.map(|(_, line)| (*line).to_owned()));
        let mut content =
            ContentBuilder::new().schema(Some(RefOr::Ref(Ref::from_schema_name("AccountError"))));
        for code in codes {
            let value = serde_json::to_value(PublishedError::new(code)).unwrap_or_default();
            let example = ExampleBuilder::new().summary(code.title()).value(Some(value)).build();
            content = content.examples_from_iter([(code.as_str().to_owned(), RefOr::T(example))]);
        }
        let response = ResponseBuilder::new()
            .description(lines.join(" "))
            .content("application/json", content.build())
            .build();
        operation.responses.responses.insert(status, RefOr::T(response));
    }
}
