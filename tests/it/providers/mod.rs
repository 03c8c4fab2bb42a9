//! Providers against the real thing, or the nearest to it that others have written.

mod mail_apis;
mod scripted_provider_plays_its_part;
mod ses_events_of_a_topic;
mod ses_taken_by_an_account;
mod smtp_421_is_no_verdict_on_anybody;
mod smtp_bounce_comes_back;
mod smtp_certificate_that_does_not_verify;
mod smtp_dropped_after_the_final_dot;
mod smtp_dropped_before_the_final_dot;
mod smtp_kept_connection_has_gone;
mod smtp_message_too_large;
mod smtp_no_login_in_clear;
mod smtp_no_starttls_no_mail;
mod smtp_sends_with_starttls_and_login;
mod smtp_temporary_failure;
mod smtp_unknown_recipient;
mod smtp_wrong_password;
mod twilio_requests_fit_the_contract;
mod twilio_signatures_of_its_own_library;
mod webpush_reaches_a_browser;
