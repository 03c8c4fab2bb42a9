//! Words for circumstances, findings and holds that some law makes something of. Which rule files use which stands in
//! `src/law/VOCABULARY.md`.

use serde::{Deserialize, Serialize};

use super::UnknownWord;

words! {
    /// What happened, or surely did not: circumstances that some law makes something of.
    Circumstance {
        /// Nobody unauthorised saw the data, and evidence shows it.
        AccessRuledOut = "access_ruled_out",
        /// The data was perhaps seen, but evidence shows that nobody took it.
        AcquisitionRuledOut = "acquisition_ruled_out",
        /// Only data on paper was touched.
        PaperOnly = "paper_only",
        /// It stayed within the organisation.
        InternalOnly = "internal_only",
        /// People with a right to the data disclosed it by mistake.
        InadvertentDisclosure = "inadvertent_disclosure",
        /// The path is known, and the data was got back or deleted.
        DataRecovered = "data_recovered",
        /// The data is traded by others.
        DataTraded = "data_traded",
        /// Whose data it is cannot be told.
        PeopleUnidentified = "people_unidentified",
        /// Law enforcement was consulted on the likely harm.
        LawEnforcementConsulted = "law_enforcement_consulted",
        /// The authority was consulted, or told in writing, on the likely harm.
        AuthorityConsulted = "authority_consulted",
        /// Old people are affected.
        ElderlyAffected = "elderly_affected",
        /// Data under a duty of professional secrecy was touched.
        ProfessionalSecrecy = "professional_secrecy",
        /// The data was processed on a large scale.
        LargeScale = "large_scale",
        /// A core function of critical infrastructure is disrupted, or likely to be.
        CoreFunctionDisrupted = "core_function_disrupted",
        /// Security measures hid the data from outsiders only by a password or weak encryption.
        WeakProtection = "weak_protection",
    }
}

words! {
    /// What somebody answerable has found after looking into it. What is not found is open, not denied.
    Finding {
        /// No harm of any kind to people is reasonably likely.
        HarmUnlikely = "harm_unlikely",
        /// No substantial harm is reasonably likely.
        SubstantialHarmUnlikely = "substantial_harm_unlikely",
        /// No misuse of the data has occurred or is reasonably likely.
        MisuseUnlikely = "misuse_unlikely",
        /// Neither identity theft nor fraud is reasonably likely.
        IdentityTheftUnlikely = "identity_theft_unlikely",
        /// No financial harm is reasonably likely.
        FinancialHarmUnlikely = "financial_harm_unlikely",
        /// The probability that health data was compromised is low, by the factors of HIPAA.
        LowProbabilityOfCompromise = "low_probability_of_compromise",
        /// Measures came in time to avert the harm.
        HarmAverted = "harm_averted",
        /// Serious harm is likely.
        SeriousHarmLikely = "serious_harm_likely",
        /// Serious harm is not likely.
        SeriousHarmUnlikely = "serious_harm_unlikely",
        /// Significant harm is likely, or there is a real risk of it.
        SignificantHarmLikely = "significant_harm_likely",
        /// Significant harm is not likely, nor is there a real risk of it.
        SignificantHarmUnlikely = "significant_harm_unlikely",
        /// Interests and rights of people may be affected significantly.
        RightsSignificantlyAffected = "rights_significantly_affected",
        /// They are not affected significantly.
        RightsNotSignificantlyAffected = "rights_not_significantly_affected",
        /// People must know in order to protect themselves.
        PeopleNeedToKnow = "people_need_to_know",
        /// People need not know in order to protect themselves.
        PeopleNeedNotKnow = "people_need_not_know",
        /// The incident disrupts a bank so far that its regulator must know.
        BankNotificationIncident = "bank_notification_incident",
        /// It does not.
        NoBankNotificationIncident = "no_bank_notification_incident",
        /// It is a major event by the sector's rules.
        MajorEvent = "major_event",
        /// It is none.
        NoMajorEvent = "no_major_event",
        /// Telling people one by one would take disproportionate effort or is not practicable.
        IndividualNoticeImpracticable = "individual_notice_impracticable",
        /// Telling people directly would do them further harm, or be an undue hardship.
        DirectNoticeHarmful = "direct_notice_harmful",
    }
}

words! {
    /// Who or what holds a notice back, or gives more time for it.
    HoldKind {
        /// Law enforcement asks for it.
        LawEnforcement = "law_enforcement",
        /// The organisation has told the authority a good cause.
        GoodCause = "good_cause",
        /// The authority has allowed or ordered it.
        Authority = "authority",
    }
}
