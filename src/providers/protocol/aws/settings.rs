//! What the settings of an account at Amazon say of its credentials.

use std::path::PathBuf;

use serde::Deserialize;
use url::{Host, Url};

use super::role::{Place, Role};
use super::{Credentials, Source};
use crate::config::{Secret, is_protected};
use crate::providers::settings::{Common, Faults};

/// Where an account's credentials come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialsFrom {
    /// An access key in the configuration.
    #[default]
    Key,
    /// The role of the EC2 instance, by its metadata service.
    Instance,
    /// The role of the container, by the address that ECS or EKS gives it.
    Container,
}

/// Addresses of the metadata services that Amazon answers at without TLS: on the machine itself, whatever the network.
const LOCAL: [&str; 5] = ["169.254.169.254", "fd00:ec2::254", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

const INSTANCE: &str = "http://169.254.169.254";

/// The keys of a kind's settings that are about credentials.
pub(in crate::providers) struct Given<'a> {
    /// `credentials`
    pub(in crate::providers) from: CredentialsFrom,
    /// `access_key_id`
    pub(in crate::providers) access_key_id: Option<&'a str>,
    /// `secret_access_key`
    pub(in crate::providers) secret_access_key: Option<&'a Secret>,
    /// `session_token`
    pub(in crate::providers) session_token: Option<&'a Secret>,
    /// `instance_url`
    pub(in crate::providers) instance_url: Option<&'a Url>,
    /// `container_url`
    pub(in crate::providers) container_url: Option<&'a Secret>,
    /// `container_token`
    pub(in crate::providers) container_token: Option<&'a Secret>,
    /// `container_token_path`
    pub(in crate::providers) container_token_path: Option<&'a PathBuf>,
}

impl Given<'_> {
    /// The source that they name. Connects to nothing.
    pub(in crate::providers) fn source(&self, common: &Common) -> Result<Source, Faults> {
        let mut found = Faults::default();
        if self.from != CredentialsFrom::Key {
            let key = self.access_key_id.is_some() || self.secret_access_key.is_some();
            found.require(
                !key,
                "credentials",
                "contradicts the access key beside it: say \"key\", or leave access_key_id and secret_access_key out",
            );
        }
        let place = match self.from {
            CredentialsFrom::Key => {
                let key = self.key(&mut found);
                found.none()?;
                return Ok(Source::Key(key));
            }
            CredentialsFrom::Instance => self.instance(&mut found),
            CredentialsFrom::Container => self.container(&mut found),
        };
        found.none()?;
        let place = place.ok_or_else(|| Faults::one("credentials", "names no place"))?;
        Ok(Source::Role(Box::new(Role::new(common.http()?, place))))
    }

    fn key(&self, found: &mut Faults) -> Credentials {
        let id = self.access_key_id.unwrap_or_default();
        let is_word = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        found.require(
            is_word,
            "access_key_id",
            "give the key's identifier, like AKIA..., or say credentials = \"instance\" or \"container\" to use a role",
        );
        found.require(
            self.secret_access_key.is_some(),
            "secret_access_key_file",
            "name the file with the secret access key",
        );
        Credentials {
            access_key_id: id.to_owned(),
            secret_access_key: self.secret_access_key.cloned().unwrap_or_else(|| Secret::new("")),
            session_token: self.session_token.cloned(),
        }
    }

    fn instance(&self, found: &mut Faults) -> Option<Place> {
        let base = self.instance_url.cloned().or_else(|| Url::parse(INSTANCE).ok())?;
        found.require(may_be_asked(&base), "instance_url", "use https; without it only Amazon's own local addresses");
        Some(Place::Instance { base })
    }

    fn container(&self, found: &mut Faults) -> Option<Place> {
        let url = self.container_url.and_then(|url| Url::parse(url.expose()).ok());
        found.require(
            url.as_ref().is_some_and(may_be_asked),
            "container_url",
            "is the address that AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI names in a container with a role, over https \
             unless it is one of Amazon's own local addresses",
        );
        Some(Place::Container {
            url: url?,
            token: self.container_token.cloned(),
            token_path: self.container_token_path.cloned(),
        })
    }
}

fn may_be_asked(url: &Url) -> bool {
    let local = match url.host() {
        Some(Host::Ipv4(ip)) => LOCAL.contains(&ip.to_string().as_str()),
        Some(Host::Ipv6(ip)) => LOCAL.contains(&ip.to_string().as_str()),
        _ => false,
    };
    is_protected(url) || (url.scheme() == "http" && local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_asked_for_over_tls_or_on_the_machine_itself() {
        for (url, fits) in [
            ("http://169.254.169.254", true),
            ("http://[fd00:ec2::254]", true),
            ("http://169.254.170.2/v2/credentials/x", true),
            ("http://127.0.0.1:51679/x", true),
            ("https://keys.example.org/x", true),
            ("http://keys.example.org/x", false),
            ("http://169.254.1.1/x", false),
        ] {
            assert_eq!(may_be_asked(&Url::parse(url).unwrap()), fits, "{url}");
        }
    }
}
