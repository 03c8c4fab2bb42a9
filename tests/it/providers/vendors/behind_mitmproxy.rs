//! The way to every vendor loses requests and answers, holds answers up, or is listened in on: what may have arrived is
//! unknown, and nothing is told to somebody whose certificate nobody trusts.

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::Answer;

use super::{Vendor, vendors};
use crate::support::configured::provider;
use crate::support::http_stub::HttpStub;
use crate::support::mitmproxy::{Manner, Mitmproxy};

/// A vendor's server at the end of a way.
struct Far {
    vendor: Vendor,
    manner: Manner,
    server: HttpStub,
}

/// Every vendor at the end of a way of each manner.
async fn all_by(manners: &[Manner]) -> (Vec<Far>, Mitmproxy) {
    let mut all = Vec::new();
    for &manner in manners {
        for vendor in vendors() {
            let server = HttpStub::start(vec![vendor.success.clone()]).await;
            all.push(Far { vendor, manner, server });
        }
    }
    let ports: Vec<_> = all.iter().map(|far| (far.port(), far.manner)).collect();
    (all, Mitmproxy::to(&ports))
}

impl Far {
    fn port(&self) -> u16 {
        self.server.url.port().unwrap()
    }

    /// What its provider makes of it, and how many requests the vendor heard.
    async fn asked(&self, scheme: &str, proxy: &Mitmproxy) -> (Answer, usize) {
        let more = if self.manner == Manner::HoldsTheAnswer { "timeout_seconds = 1" } else { "" };
        let base = format!("{scheme}://127.0.0.1:{}", proxy.way_to(self.port()));
        let provider = provider(&format!("name = 'v'\n{more}\n{}", self.vendor.at(&base)));
        let answer = provider.send(&(self.vendor.message)(), Millis(0)).await;
        (answer, self.server.heard().len())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_arrived_is_unknown() {
    let manners = [Manner::Passes, Manner::LosesTheRequest, Manner::LosesTheAnswer, Manner::HoldsTheAnswer];
    let (all, proxy) = all_by(&manners).await;
    for far in all {
        let (answer, heard) = far.asked("http", &proxy).await;
        let expected = match far.manner {
            Manner::Passes => (Outcome::Accepted, 1),
            // Who sends it cannot know that it did not arrive.
            Manner::LosesTheRequest => (Outcome::Unknown, 0),
            Manner::LosesTheAnswer | Manner::HoldsTheAnswer => (Outcome::Unknown, 1),
        };
        assert_eq!((answer.outcome, heard), expected, "{:?}: {}: {answer:?}", far.manner, far.vendor.settings);
        let held = answer.code.as_deref() == Some("timeout");
        assert_eq!(held, far.manner == Manner::HoldsTheAnswer, "{}: {answer:?}", far.vendor.settings);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_to_one_who_listens_in() {
    let (all, proxy) = all_by(&[Manner::Passes]).await;
    for far in all {
        let (answer, heard) = far.asked("https", &proxy).await;
        let told = (answer.outcome, answer.code.as_deref(), heard);
        assert_eq!(told, (Outcome::Misconfigured, Some("tls-certificate"), 0), "{}", far.vendor.settings);
    }
}
