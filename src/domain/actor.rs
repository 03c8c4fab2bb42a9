//! Who acts, and what each role may do.

use serde::{Deserialize, Serialize};

use super::id::KeyId;

/// What a key's owner may do. Each call of the API names the roles that may make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Machines that raise alerts: may only post to the alert hooks.
    Hook,
    /// Files incidents, imports people, writes notices, proposes campaigns.
    Responder,
    /// What a responder may, and approves campaigns and publishes announcements of others.
    Approver,
    /// Reads everything but personal data, and the evidence.
    Auditor,
    /// Everything, keys included.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [Self::Hook, Self::Responder, Self::Approver, Self::Auditor, Self::Admin];

    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hook => "hook",
            Self::Responder => "responder",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    /// Whether it sees who the affected people are; to all others they are masked.
    #[must_use]
    pub const fn sees_people(self) -> bool {
        matches!(self, Self::Approver | Self::Admin)
    }
}

/// The text names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of hook, responder, approver, auditor, admin")]
pub struct UnknownRole;

impl std::str::FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|r| r.as_str() == text).ok_or(UnknownRole)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The key that was shown.
    pub key: KeyId,
    /// The key's name, e.g. of its owner.
    pub name: String,
    /// What it may do.
    pub role: Role,
}

impl Actor {
    /// As it is written beside what the actor did.
    #[must_use]
    pub fn to_ref(&self) -> ActorRef {
        ActorRef(format!("key:{}:{}", self.key, self.name))
    }

    /// The key that an [`ActorRef`] names, if it names one.
    #[must_use]
    pub fn is(&self, other: &ActorRef) -> bool {
        let prefix = format!("key:{}:", self.key);
        other.0.starts_with(&prefix)
    }
}

/// Who did something, as written in rows and audit entries: `key:ID:NAME`, `engine:WORKER`, `provider:NAME`,
/// `hook:SOURCE`,
/// `start` (the program as it starts) or `operator` (the command line).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct ActorRef(pub String);

impl ActorRef {
    /// The engine itself.
    #[must_use]
    pub fn engine() -> Self {
        Self(String::from("engine"))
    }

    /// The program when it starts.
    #[must_use]
    pub fn start() -> Self {
        Self(String::from("start"))
    }

    /// Whoever runs the command line.
    #[must_use]
    pub fn operator() -> Self {
        Self(String::from("operator"))
    }

    /// A provider's receipts.
    #[must_use]
    pub fn provider(name: &str) -> Self {
        Self(format!("provider:{name}"))
    }

    /// An alert source.
    #[must_use]
    pub fn hook(source: &str) -> Self {
        Self(format!("hook:{source}"))
    }
}

impl std::fmt::Display for ActorRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
