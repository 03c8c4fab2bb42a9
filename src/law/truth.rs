//! An answer that may be "not known, because".

/// Whether something holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    Yes,
    No,
    /// The facts do not say, and why that matters.
    Unknown(Vec<String>),
}

impl Truth {
    /// Both hold.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            (Self::Unknown(reasons), Self::Yes) | (Self::Yes, Self::Unknown(reasons)) => Self::Unknown(reasons),
            (Self::Unknown(reasons), Self::Unknown(more)) => Self::Unknown(joined(reasons, more)),
        }
    }

    /// One of both holds.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            (Self::Unknown(reasons), Self::No) | (Self::No, Self::Unknown(reasons)) => Self::Unknown(reasons),
            (Self::Unknown(reasons), Self::Unknown(more)) => Self::Unknown(joined(reasons, more)),
        }
    }

    /// It does not hold.
    pub(super) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unknown @ Self::Unknown(_) => unknown,
        }
    }

    pub(super) fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    pub(super) fn unknown(reason: impl Into<String>) -> Self {
        Self::Unknown(vec![reason.into()])
    }
}

fn joined(mut reasons: Vec<String>, more: Vec<String>) -> Vec<String> {
    for reason in more {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}
