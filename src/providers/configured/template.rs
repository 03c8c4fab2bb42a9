//! A request, from templates. A name that the message does not have is an error, not nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext};
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

use super::definition::Request;

/// A request as it goes out.
#[derive(Debug)]
pub(super) struct Written {
    pub url: Url,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Vec<u8>,
    pub content_type: &'static str,
}

/// Templates of a request, one registry for each way to escape.
pub(super) struct Templates {
    address: Handlebars<'static>,
    plain: Handlebars<'static>,
    json: Handlebars<'static>,
    headers: Vec<String>,
    form: Option<Vec<String>>,
}

impl Templates {
    /// Compiles them.
    pub(super) fn build(request: &Request) -> Result<Self, String> {
        let (mut address, mut plain, mut json) = (strict(encode), strict(str::to_owned), strict(in_json));
        let add = |registry: &mut Handlebars<'static>, name: &str, text: &str| {
            registry.register_template_string(name, text).map_err(|e| format!("request, {name}: {e}"))
        };
        add(&mut address, "url", &request.url)?;
        for (name, value) in &request.headers {
            add(&mut plain, &format!("header {name}"), value)?;
        }
        for (name, value) in request.form.iter().flatten() {
            add(&mut plain, &format!("field {name}"), value)?;
        }
        if let Some(document) = &request.json {
            add(&mut json, "json", document)?;
        }
        let names = |map: &std::collections::BTreeMap<String, String>| map.keys().cloned().collect();
        Ok(Self { address, plain, json, headers: names(&request.headers), form: request.form.as_ref().map(names) })
    }

    /// Writes the request. The error names the template, never a value.
    pub(super) fn write(&self, values: &Value) -> Result<Written, String> {
        let render = |registry: &Handlebars<'static>, name: &str| {
            registry.render(name, values).map_err(|e| format!("request, {name}: {}", e.reason()))
        };
        let url =
            Url::parse(&render(&self.address, "url")?).map_err(|_| String::from("request, url: is no address"))?;
        let mut headers = Vec::with_capacity(self.headers.len());
        for name in &self.headers {
            let value = render(&self.plain, &format!("header {name}"))?;
            let pair = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(&value).ok());
            let (key, mut value) = pair.ok_or_else(|| format!("request, header {name}: cannot stand in a header"))?;
            value.set_sensitive(true);
            headers.push((key, value));
        }
        let (body, content_type) = if let Some(fields) = &self.form {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for name in fields {
                let value = render(&self.plain, &format!("field {name}"))?;
                // An empty field says the same as none, and some APIs mind the former.
                if !value.is_empty() {
                    form.append_pair(name, &value);
                }
            }
            (form.finish().into_bytes(), "application/x-www-form-urlencoded")
        } else {
            let text = render(&self.json, "json")?;
            let document: Value =
                serde_json::from_str(&text).map_err(|_| String::from("request, json: the result is no JSON"))?;
            (document.to_string().into_bytes(), "application/json")
        };
        Ok(Written { url, headers, body, content_type })
    }
}

fn strict(escape: fn(&str) -> String) -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(escape);
    registry.register_helper("base64", Box::new(base64));
    registry
}

/// `{{base64 a b}}`: its arguments, one after the other, in base64.
fn base64(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let text: String = helper.params().iter().filter_map(|p| p.value().as_str()).collect();
    out.write(&BASE64.encode(text))?;
    Ok(())
}

/// For a part of an address.
fn encode(text: &str) -> String {
    let safe = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if safe(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// For the inside of a JSON text.
fn in_json(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn write(text: &str, values: &Value) -> Result<Written, String> {
        Templates::build(&toml::from_str(text).unwrap())?.write(values)
    }

    #[test]
    fn whatever_people_are_called_the_request_keeps_its_form() {
        let nasty = "a\"b\\c\n{{x}}&d=e/../?#é";
        let values = json!({ "to": nasty, "attempt": "1" });
        let url = "url = 'https://api.example/{{to}}/x?a={{to}}'\n";
        let written = write(&format!("{url}json = '{{\"to\": \"{{{{to}}}}\"}}'"), &values).unwrap();
        let read: Value = serde_json::from_slice(&written.body).unwrap();
        assert_eq!(read, json!({ "to": nasty }));
        assert_eq!(written.url.path_segments().unwrap().count(), 2);
        assert_eq!(written.url.query_pairs().collect::<Vec<_>>(), [("a".into(), nasty.into())]);
        let written = write(&format!("{url}form = {{ to = '{{{{to}}}}', none = '' }}"), &values).unwrap();
        let form: Vec<_> = url::form_urlencoded::parse(&written.body).into_owned().collect();
        assert_eq!(form, [(String::from("to"), nasty.to_owned())]);
    }

    #[test]
    fn a_name_that_is_not_there_and_a_header_that_cannot_be_are_refused() {
        let values = json!({ "to": "x\r\nBcc: y" });
        let said = write("url = 'https://a.example/{{other}}'\njson = '{}'", &values).unwrap_err();
        assert!(said.starts_with("request, url"), "{said}");
        let said = write("url = 'https://a.example'\njson = '{}'\nheaders = { x = '{{to}}' }", &values).unwrap_err();
        assert!(said.contains("header x") && !said.contains("Bcc"), "{said}");
        assert!(write("url = 'https://a.example'\njson = '{'", &values).unwrap_err().contains("no JSON"));
        assert!(write("url = 'https://a.example'\njson = '{{#if}'", &values).is_err());
        let written = write(
            "url = 'https://a.example'\njson = '{}'\nheaders = { x = \"Basic {{base64 'api:' k}}\" }",
            &json!({ "k": "key" }),
        );
        assert_eq!(written.unwrap().headers[0].1, "Basic YXBpOmtleQ==");
    }
}
