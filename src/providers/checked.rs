//! What a check of a provider has shown, in words that claim no more than was tried.

/// What a check that found no fault has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It answered, and took the credentials.
    SignsIn,
    /// It answered; there are no credentials to try.
    Answers,
    /// Somebody is there, under TLS where the address asks for it. No request was made.
    Connects,
    /// It is a directory, which can be used.
    Directory,
    /// Nobody was asked, for this reason.
    NotAsked(&'static str),
}

impl std::fmt::Display for Checked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::SignsIn => "reachable, takes the credentials",
            Self::Answers => "reachable; no credentials are configured",
            Self::Connects => "can be connected to; nothing was sent, so the credentials were not tried",
            Self::Directory => "the directory can be used",
            Self::NotAsked(why) => return write!(f, "not asked: {why}"),
        })
    }
}
