//! The JSON forms of a request, alone, in a verify file, or in a file of vectors.

use super::client_data::{self, json_text};
use super::names::RelyingParties;
use super::{
    Node, attestation, authenticator_data, certificate, cose_key, name, note, shown, values,
};
use crate::encoding::Base64Reading;
use crate::encoding::json::Json;
use crate::verdict::{Fault, Malformed};

/// Levels of objects in what a file expects that have lines of their own.
const LEVELS: usize = 1;

/// Recognises a form by its members.
pub(super) fn recognise(json: &Json, reading: Base64Reading) -> Option<Node> {
    let reader = |parties| Reader { reading, parties };
    if let Some(cases) = json.member("cases").and_then(Json::array) {
        let nodes = cases.iter().map(|case| match case_of(case, reading) {
            Some(node) => node,
            None => Node::new("case").noted("the case has none of the members of a vector"),
        });
        let count = format!("{} cases", cases.len());
        return Some(Node::leaf("vectors", count).children(shown(nodes)));
    }
    if let Some(request) = json.member("request") {
        let mut parties = RelyingParties::default();
        let mut node = Node::new("verify file");
        if let Some(expect) = json.member("expect") {
            expected_names(expect, &mut parties);
            node.push(expectation("expect", expect, reading));
        }
        node.push(reader(parties).request(request).unwrap_or_else(|| {
            Node::new("request").noted("the request has none of the known forms")
        }));
        return Some(node);
    }
    if is_case(json) {
        return case_of(json, reading);
    }
    reader(RelyingParties::default()).request(json)
}

fn is_case(json: &Json) -> bool {
    ["client_data_json", "attestation_object", "authenticator_data"]
        .iter()
        .any(|name| json.member(name).is_some())
}

fn case_of(case: &Json, reading: Base64Reading) -> Option<Node> {
    if !is_case(case) {
        return None;
    }
    let mut parties = RelyingParties::default();
    expected_names(case, &mut parties);
    let text = |name| case.member(name).and_then(Json::string).unwrap_or("?");
    let mut node = Node::leaf("case", format!("{} ({})", text("id"), text("kind")));
    node.push(expectation("expected", case, reading));
    node.children.extend(Reader { reading, parties }.response(case, &CASE));
    Some(node)
}

/// The names that a file gives the relying party.
fn expected_names(expect: &Json, parties: &mut RelyingParties) {
    for name in ["rp_id", "app_id"] {
        if let Some(name) = expect.member(name).and_then(Json::string) {
            parties.add(name);
        }
    }
    let origins = expect.member("origins").and_then(Json::array).unwrap_or_default();
    for origin in origins.iter().chain(expect.member("origin")).filter_map(Json::string) {
        parties.add_origin(origin);
    }
}

/// What the relying party expects, as it stands in the file. It is not compared with anything.
fn expectation(label: &str, expect: &Json, reading: Base64Reading) -> Node {
    let members = expect.object().unwrap_or_default().iter();
    let mut node = Node::new(label);
    for (name, value) in members {
        // What the response itself has is shown in its own place; provenance is for the file.
        let elsewhere = CASE.all().contains(&&**name)
            || matches!(
                &**name,
                "id" | "kind"
                    | "source"
                    | "section"
                    | "verified"
                    | "notes"
                    | "device_request"
                    | "device_request_base64url"
            );
        if !elsewhere && *value != Json::Null {
            node.push(expected(name, value, reading, LEVELS));
        }
    }
    node
}

fn expected(name: &str, value: &Json, reading: Base64Reading, depth: usize) -> Node {
    match (name, value) {
        _ if is_personal(name) => Node::leaf(name, NOT_SHOWN),
        ("trust_anchors", Json::Array(anchors)) => {
            let mut node = Node::leaf(name, certificate::count(anchors.len()));
            node.children =
                shown(anchors.iter().enumerate().map(|(index, anchor)| {
                    trust_anchor(format!("anchor {index}"), anchor, reading)
                }));
            node
        }
        (_, Json::Object(members)) if depth > 0 && !members.is_empty() => {
            let deeper = depth.saturating_sub(1);
            let children = members.iter();
            Node::new(name).children(
                children.map(|(name, value)| expected(name, value, reading, deeper)).collect(),
            )
        }
        _ => Node::leaf(name, brief(value)),
    }
}

const NOT_SHOWN: &str = "(not shown)";

/// What may identify a person.
fn is_personal(name: &str) -> bool {
    matches!(name, "user" | "user_handle" | "userHandle" | "user_id" | "userId")
}

/// A value in one line, without what may identify a person.
pub(super) fn brief(value: &Json) -> String {
    match value {
        Json::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                let value = if is_personal(name) { NOT_SHOWN.to_owned() } else { brief(value) };
                format!("{name} {value}")
            });
            values::list(&members.collect::<Vec<_>>())
        }
        Json::Array(items) => values::list(&items.iter().map(brief).collect::<Vec<_>>()),
        scalar => json_text(scalar),
    }
}

/// An anchor by its subject; the whole certificate can be inspected by itself.
fn trust_anchor(label: String, anchor: &Json, reading: Base64Reading) -> Node {
    let read = anchor.string().map(|text| reading.decode(text, "trust anchor"));
    match read {
        Some(Ok((der, _))) => match crate::encoding::certificate::Certificate::read(&der) {
            Ok(parsed) => name::node(&label, parsed.subject),
            Err(malformed) => Node::new(label).noted(note(&malformed)),
        },
        Some(Err(malformed)) => Node::new(label).noted(note(&malformed)),
        None => Node::leaf(label, json_text(anchor)),
    }
}

/// How a wire form calls the members of a response.
struct Names {
    id: &'static str,
    raw_id: &'static str,
    kind: &'static str,
    attachment: &'static str,
    extensions: &'static str,
    client_data: &'static str,
    attestation_object: &'static str,
    authenticator_data: &'static str,
    signature: &'static str,
    user_handle: &'static str,
    public_key: &'static str,
    stored_key: &'static str,
}

impl Names {
    fn all(&self) -> [&'static str; 12] {
        [
            self.id,
            self.raw_id,
            self.kind,
            self.attachment,
            self.extensions,
            self.client_data,
            self.attestation_object,
            self.authenticator_data,
            self.signature,
            self.user_handle,
            self.public_key,
            self.stored_key,
        ]
    }
}

/// A member that a form does not have: no JSON member has an empty name here.
const ABSENT: &str = "";

const WEBAUTHN: Names = Names {
    id: "id",
    raw_id: "rawId",
    kind: "type",
    attachment: "authenticatorAttachment",
    extensions: "clientExtensionResults",
    client_data: "clientDataJSON",
    attestation_object: "attestationObject",
    authenticator_data: "authenticatorData",
    signature: "signature",
    user_handle: "userHandle",
    public_key: "publicKey",
    stored_key: ABSENT,
};

const DEVICE_CREDENTIAL: Names = Names {
    id: "device_credential_id",
    raw_id: "device_credential_raw_id",
    kind: "device_credential_type",
    attachment: "device_credential_authenticator_attachment",
    extensions: "client_extension_results",
    client_data: "device_credential_client_data_json",
    attestation_object: "device_credential_attestation_object",
    authenticator_data: ABSENT,
    signature: ABSENT,
    user_handle: ABSENT,
    public_key: ABSENT,
    stored_key: ABSENT,
};

const CASE: Names = Names {
    id: "credential_id",
    raw_id: ABSENT,
    kind: ABSENT,
    attachment: "authenticator_attachment",
    extensions: "client_extension_results",
    client_data: "client_data_json",
    attestation_object: "attestation_object",
    authenticator_data: "authenticator_data",
    signature: "signature",
    user_handle: "user_handle",
    public_key: ABSENT,
    stored_key: "credential_public_key",
};

struct Reader {
    reading: Base64Reading,
    parties: RelyingParties,
}

impl Reader {
    /// A request in one of its wire forms.
    fn request(self, json: &Json) -> Option<Node> {
        if let Some(data) = json.member("data") {
            return match data.member("fidoAssertion") {
                Some(assertion) => {
                    self.webauthn("request (Open Finance Brasil authorise)", assertion)
                }
                None => self.webauthn("request (Open Finance Brasil fido-registration)", data),
            };
        }
        let members = json.object()?;
        if members.iter().any(|(name, _)| name.starts_with("device_credential")) {
            let node = Node::new("request (device_credential)");
            let mut node = node.children(self.response(json, &DEVICE_CREDENTIAL));
            let others_of = members.iter().map(|(name, _)| name.to_string());
            let known = DEVICE_CREDENTIAL.all();
            node.children.extend(others(others_of.filter(|name| !known.contains(&name.as_str()))));
            return Some(node);
        }
        self.webauthn("request (WebAuthn)", json)
    }

    /// A `RegistrationResponseJSON` or `AuthenticationResponseJSON`: the members of the credential
    /// outside, those of the response inside. A member in the wrong layer is not one.
    fn webauthn(self, label: &str, json: &Json) -> Option<Node> {
        const INSIDE: [&str; 8] = [
            WEBAUTHN.client_data,
            WEBAUTHN.attestation_object,
            WEBAUTHN.authenticator_data,
            WEBAUTHN.signature,
            WEBAUTHN.user_handle,
            WEBAUTHN.public_key,
            "transports",
            "publicKeyAlgorithm",
        ];
        let response = json.member("response")?;
        let is_inside = |name: &str| INSIDE.contains(&name);
        let outer = json.object()?.iter().filter(|(name, _)| !is_inside(name));
        let inner = response.object()?.iter().filter(|(name, _)| is_inside(name));
        let known = Json::Object(outer.chain(inner).cloned().collect());
        let mut node = Node::new(label).children(self.response(&known, &WEBAUTHN));
        for name in ["transports", "publicKeyAlgorithm"] {
            if let Some(value) = known.member(name) {
                node.push(match value.integer() {
                    Some(number) => Node::leaf(name, cose_key::algorithm(number)),
                    None => Node::leaf(name, json_text(value)),
                });
            }
        }
        let outside = json.object()?.iter().map(|(name, _)| &**name);
        let outside = outside.filter(|name| {
            *name != "response" && (is_inside(name) || !WEBAUTHN.all().contains(name))
        });
        let inside = response.object()?.iter().map(|(name, _)| &**name);
        let inside = inside.filter(|name| !is_inside(name)).map(|name| format!("response.{name}"));
        node.children.extend(others(outside.map(str::to_owned).chain(inside)));
        Some(node)
    }

    fn response(mut self, json: &Json, names: &Names) -> Vec<Node> {
        if let Some(Ok((bytes, _))) = self.binary(json, names.client_data)
            && let Some(client_data) = client_data::read(&bytes)
        {
            let origin = client_data.member("origin").and_then(Json::string);
            self.parties.add_origin(origin.unwrap_or_default());
        }
        let mut nodes = Vec::new();
        for id in [names.id, names.raw_id] {
            nodes.extend(self.part(json, id, |bytes| Node::leaf(id, values::identifier(bytes))));
        }
        for text in [names.kind, names.attachment] {
            if let Some(value) = json.member(text) {
                nodes.push(Node::leaf(text, json_text(value)));
            }
        }
        nodes.extend(self.part(json, names.client_data, client_data::node));
        let parties = &self.parties;
        nodes.extend(
            self.part(json, names.attestation_object, |bytes| attestation::object(bytes, parties)),
        );
        nodes.extend(self.part(json, names.authenticator_data, |bytes| {
            authenticator_data::node(bytes, parties)
        }));
        nodes.extend(self.part(json, names.signature, |bytes| {
            Node::leaf("signature", values::length(bytes.len()))
        }));
        // Its length only: a user handle may identify a person.
        nodes.extend(self.part(json, names.user_handle, |bytes| {
            Node::leaf("user handle", values::length(bytes.len()))
        }));
        nodes.extend(self.part(json, names.public_key, |bytes| {
            certificate::public_key(names.public_key, bytes)
        }));
        nodes.extend(self.part(json, names.stored_key, |bytes| {
            cose_key::node("stored credential public key", bytes)
        }));
        if let Some(value) = json.member(names.extensions) {
            nodes.push(client_extensions(value));
        }
        nodes
    }

    /// A binary member, shown by `show`; absent members and null are not shown.
    fn part(
        &self,
        json: &Json,
        name: &'static str,
        show: impl FnOnce(&[u8]) -> Node,
    ) -> Option<Node> {
        Some(match self.binary(json, name)? {
            Ok((bytes, lenient)) => {
                let mut node = show(&bytes);
                if lenient {
                    let encoding = Node::leaf("encoding", "base64 that is not strict base64url");
                    node.children.insert(0, encoding);
                }
                node
            }
            Err(malformed) => Node::new(name).noted(note(&malformed)),
        })
    }

    /// The bytes of a member, and whether only the leniency made it readable.
    fn binary(
        &self,
        json: &Json,
        name: &'static str,
    ) -> Option<Result<(Vec<u8>, bool), Malformed>> {
        let value = json.member(name).filter(|value| **value != Json::Null)?;
        let Some(text) = value.string() else {
            return Some(Err(Malformed::new(name, Fault::WrongType, 0)));
        };
        Some(self.reading.decode(text, name))
    }
}

fn client_extensions(value: &Json) -> Node {
    let node = Node::new("client extension outputs");
    match value.object() {
        Some([]) => node.value("(none)"),
        Some(members) => {
            let members = members.iter();
            node.children(
                members.map(|(name, value)| Node::leaf(&**name, json_text(value))).collect(),
            )
        }
        None => node.value(json_text(value)),
    }
}

/// The names of members that the form does not have. Their values are left out: nobody knows what
/// is in them, and a request may carry more of a person than the credential.
fn others(names: impl Iterator<Item = String>) -> Option<Node> {
    let names: Vec<String> = names.collect();
    (!names.is_empty()).then(|| Node::leaf("other members", names.join(", ")))
}
