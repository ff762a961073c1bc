use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::json;

use super::client::{Client, Exchange, Post, secret_header};
use super::{Exchanged, Later, Liveness, Roots, Why};
use crate::serve::config;

/// The provider of face checks by HTTP.
///
/// `{"image_key": …}` is posted, and the answer 200 is the result: a JSON Web Signature in its
/// compact form and nothing around it. 404 and 410 say that there is no such image. Nothing of what
/// comes back is believed here.
pub(crate) struct LivenessExchange {
    client: Client,
    authorization: Option<(HeaderName, HeaderValue)>,
}

impl LivenessExchange {
    pub(crate) fn new(settings: &config::Liveness, roots: &Roots) -> Result<Self, String> {
        let authorization = settings.authorization.as_ref().map(|secret| {
            secret_header(AUTHORIZATION, secret.reveal())
                .ok_or("setting liveness.authorization: it is no value of a header")
        });
        Ok(Self {
            client: Client::new(&settings.url, settings.timeout, roots, "liveness.url")?,
            authorization: authorization.transpose()?,
        })
    }

    async fn ask(&self, image_key: &str) -> Exchanged {
        let mut headers = vec![
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (ACCEPT, HeaderValue::from_static("application/jwt")),
        ];
        headers.extend(self.authorization.clone());
        let body = json!({ "image_key": image_key }).to_string().into_bytes();
        match self.client.post(Post { headers, body }).await {
            Exchange::Answer { status: 200, body } if !body.is_empty() => {
                Exchanged::Result(body.trim_ascii().to_vec())
            }
            Exchange::Answer { status: 200, .. } => Exchanged::Unavailable(Why::Broken),
            Exchange::Answer { status: 404 | 410, .. } => Exchanged::UnknownImage,
            Exchange::Answer { status, .. } => Exchanged::Unavailable(Why::Refused(status)),
            Exchange::NotSent(why) | Exchange::Lost(why) => Exchanged::Unavailable(why),
        }
    }
}

impl Liveness for LivenessExchange {
    fn exchange<'a>(&'a self, image_key: &'a str) -> Later<'a, Exchanged> {
        Box::pin(self.ask(image_key))
    }
}
