//! The words that facts are told in: one list each, shown by the API, an unknown word refused with the nearest known.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(try_from = "String", into = "&'static str")]
        pub enum $name {
            $($(#[$word_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// All words, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
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

words! {
    /// A category of personal data.
    DataCategory {
        /// Name.
        Name = "name",
        /// Postal address.
        PostalAddress = "postal_address",
        /// Email address.
        EmailAddress = "email_address",
        /// Phone number.
        PhoneNumber = "phone_number",
        /// Date of birth.
        BirthDate = "birth_date",
        /// Name of an account.
        Username = "username",
        /// Password, also as a hash.
        Password = "password",
        /// Question and answer that unlock an account.
        SecurityQuestion = "security_question",
        /// Credentials of an email account.
        EmailCredentials = "email_credentials",
        /// Number of a national identity card or the like.
        NationalId = "national_id",
        /// US social security number.
        SocialSecurityNumber = "social_security_number",
        /// Driving licence.
        DriversLicence = "drivers_licence",
        /// Passport.
        Passport = "passport",
        /// Tax number.
        TaxId = "tax_id",
        /// Card number with what is needed to use it.
        PaymentCard = "payment_card",
        /// Bank account with what is needed to use it.
        BankAccount = "bank_account",
        /// Income, credit, debt.
        Financial = "financial",
        /// Health.
        Health = "health",
        /// Health insurance.
        HealthInsurance = "health_insurance",
        /// Fingerprint, face and the like.
        Biometric = "biometric",
        /// Genes.
        Genetic = "genetic",
        /// Race or ethnic origin.
        EthnicOrigin = "ethnic_origin",
        /// Politics.
        PoliticalOpinion = "political_opinion",
        /// Religion or belief.
        Religion = "religion",
        /// Membership of a trade union.
        UnionMembership = "union_membership",
        /// Sex life or orientation.
        SexualOrientation = "sexual_orientation",
        /// Crimes.
        CriminalRecord = "criminal_record",
        /// Where somebody was.
        Location = "location",
        /// What somebody wrote.
        Communications = "communications",
        /// What somebody did online.
        OnlineActivity = "online_activity",
        /// Work.
        Employment = "employment",
        /// School.
        Education = "education",
        /// Orders and purchases.
        Purchases = "purchases",
        /// Pictures.
        Photo = "photo",
        /// Number plates read automatically.
        VehiclePlate = "vehicle_plate",
        /// Anything else.
        Other = "other",
    }
}
