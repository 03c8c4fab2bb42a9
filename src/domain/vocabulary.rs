//! The words that facts are told in: one list each, shown by the API, an unknown word refused with the nearest known.

use serde::{Deserialize, Serialize};

// A word is taken as a bare token: what is matched as a `literal` comes in an invisible group, which the API document's
// derive does not look into, so that it would give the variant's name for the word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[doc = $word_doc:literal])+ $variant:ident = $word:tt),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(try_from = "String", into = "&'static str")]
        pub enum $name {
            $($(#[doc = $word_doc])+ #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// All words, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// What it means.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($word_doc),+),)+ }
            }
        }

        impl TryFrom<String> for $name {
            type Error = UnknownWord;
            fn try_from(text: String) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|w| w.as_str() == text).ok_or_else(|| {
                    UnknownWord::new(&text, Self::ALL.iter().map(|w| w.as_str()))
                })
            }
        }

        impl From<$name> for &'static str {
            fn from(word: $name) -> Self {
                word.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

mod data;
mod law;

pub use data::DataCategory;
pub use law::{Circumstance, Finding, HoldKind};

/// A word that the vocabulary does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown word {given:?}; did you mean {nearest:?}?")]
pub struct UnknownWord {
    /// What was given, cut short.
    pub given: String,
    /// The nearest known word.
    pub nearest: &'static str,
}

impl UnknownWord {
    fn new(given: &str, known: impl Iterator<Item = &'static str>) -> Self {
        let nearest = known.min_by_key(|word| distance(given, word)).unwrap_or("");
        Self { given: given.chars().take(40).collect(), nearest }
    }
}

/// Levenshtein distance: the number of single-character edits between two words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(40).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != *y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

words! {
    /// What makes particular rules apply to an organisation.
    Trait {
        /// Covered by the US health-privacy rules.
        HipaaCoveredEntity = "hipaa_covered_entity",
        /// Works for one that is.
        HipaaBusinessAssociate = "hipaa_business_associate",
        /// Operates critical infrastructure.
        CriticalInfrastructure = "critical_infrastructure",
        /// An organ of the state.
        StateOrgan = "state_organ",
        /// Listed on a stock exchange.
        ListedCompany = "listed_company",
        /// No establishment in the European Union.
        NoEuEstablishment = "no_eu_establishment",
        /// Processes for another who is responsible.
        Processor = "processor",
        /// Financial institution under the US Gramm-Leach-Bliley Act.
        GlbaInstitution = "glba_institution",
        /// Such an institution, no bank, under the Federal Trade Commission and its Safeguards Rule.
        FtcFinancialInstitution = "ftc_financial_institution",
        /// Bank under a US federal banking agency.
        UsBank = "us_bank",
        /// Serves such banks.
        UsBankServiceProvider = "us_bank_service_provider",
        /// Federally insured US credit union.
        UsCreditUnion = "us_credit_union",
        /// Offers personal health records in the US outside HIPAA, or is related to one who does.
        PhrVendor = "phr_vendor",
        /// Serves one who offers such records.
        PhrServiceProvider = "phr_service_provider",
        /// Offers public electronic communications: a phone company, an internet provider.
        TelecomProvider = "telecom_provider",
        /// Licensed by the New York Department of Financial Services.
        NyDfsCoveredEntity = "ny_dfs_covered_entity",
        /// Entity that the US act on reporting cyber incidents of critical infrastructure is to cover.
        CirciaCoveredEntity = "circia_covered_entity",
        /// US consumer reporting agency.
        ConsumerReportingAgency = "consumer_reporting_agency",
        /// US agency of a state or municipality.
        GovernmentAgency = "government_agency",
        /// Collects data of people to sell it on.
        InformationBroker = "information_broker",
        /// Insurer.
        Insurer = "insurer",
        /// Regulated by the financial regulator of the US state.
        StateFinancialLicensee = "state_financial_licensee",
        /// Does its business mostly over the Internet.
        InternetBusiness = "internet_business",
        /// Usually writes to the people concerned electronically.
        WritesElectronically = "writes_electronically",
        /// Has done business with the people concerned before.
        PriorRelationship = "prior_relationship",
        /// Ten employees or fewer.
        TenEmployeesOrFewer = "ten_employees_or_fewer",
        /// Has its seat in Wyoming.
        WyomingBased = "wyoming_based",
        /// Small processing agent by Brazil's rules.
        SmallProcessingAgent = "small_processing_agent",
        /// Small business by Australia's Privacy Act, with a turnover of 3 million Australian dollars or less.
        SmallBusiness = "small_business",
        /// Financial institution or listed digital business with a Taiwanese sector duty to report.
        TwSectorReporting = "tw_sector_reporting",
        /// Operator designated under Hong Kong's Cap. 653.
        HkDesignatedOperator = "hk_designated_operator",
        /// Service provider, intermediary or body corporate under India's directions for cyber incidents.
        CertInCovered = "cert_in_covered",
    }
}

words! {
    /// A property of data that can be lost.
    Property {
        /// Somebody saw or took it.
        Confidentiality = "confidentiality",
        /// Somebody changed it.
        Integrity = "integrity",
        /// It is gone or cannot be used.
        Availability = "availability",
    }
}

words! {
    /// What caused an incident.
    Cause {
        /// Attack from outside.
        ExternalMalicious = "external_malicious",
        /// Mistake outside.
        ExternalAccidental = "external_accidental",
        /// Misuse from inside.
        InternalMalicious = "internal_malicious",
        /// Mistake inside.
        InternalAccidental = "internal_accidental",
        /// Not known.
        Unknown = "unknown",
    }
}

words! {
    /// Risk to people's rights and freedoms.
    Risk {
        /// No risk is likely.
        Unlikely = "unlikely",
        /// A risk.
        Risk = "risk",
        /// A high risk.
        High = "high",
        /// Not assessed yet.
        Unknown = "unknown",
    }
}

words! {
    /// What may follow for people.
    Consequence {
        /// Somebody poses as them.
        IdentityTheft = "identity_theft",
        /// Money is lost.
        FinancialLoss = "financial_loss",
        /// They are deceived with what is known of them.
        Fraud = "fraud",
        /// Deceptive messages.
        Phishing = "phishing",
        /// Their accounts are taken over.
        AccountTakeover = "account_takeover",
        /// Their name suffers.
        ReputationalHarm = "reputational_harm",
        /// They are treated worse.
        Discrimination = "discrimination",
        /// They are in danger.
        PhysicalHarm = "physical_harm",
        /// They lose control of their data.
        LossOfControl = "loss_of_control",
        /// A service fails them.
        LossOfService = "loss_of_service",
        /// They are extorted.
        Blackmail = "blackmail",
    }
}
