//! The categories of personal data.

use serde::{Deserialize, Serialize};

use super::UnknownWord;

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
        /// Military identity.
        MilitaryId = "military_id",
        /// Another number that a government gives.
        GovernmentId = "government_id",
        /// Identity card of a tribe.
        TribalId = "tribal_id",
        /// Number of a student.
        StudentId = "student_id",
        /// Number of an employee.
        EmployeeId = "employee_id",
        /// Private key or electronic signature.
        DigitalSignature = "digital_signature",
        /// Number of an account or card without what is needed to use it.
        AccountNumber = "account_number",
        /// Password, PIN or code of a financial account.
        AccessCode = "access_code",
        /// Mother's name before marriage.
        MothersMaidenName = "mothers_maiden_name",
        /// Certificate of birth or marriage.
        VitalRecord = "vital_record",
        /// That somebody is a child or adult in need of protection, or was adopted.
        VulnerablePerson = "vulnerable_person",
        /// Number plates read automatically.
        VehiclePlate = "vehicle_plate",
        /// Anything else.
        Other = "other",
    }
}
