//! What comes back to Candour during the demo: bounces, as a mail server's pipe would post them, and the text-message
//! API's signed callbacks.

use std::collections::BTreeMap;

use tokio::sync::mpsc;

use super::mail_host::Bounce;
use super::stand_ins::Callback;
use crate::providers::twilio::sign_callback;

/// Posts what the counterparts give until they are gone.
pub(super) fn start(
    http: reqwest::Client,
    receipts: String,
    bounce_secret: String,
    auth_token: String,
    mut bounces: mpsc::UnboundedReceiver<Bounce>,
    mut callbacks: mpsc::UnboundedReceiver<Callback>,
) {
    let (mail, texts) = (http.clone(), http);
    tokio::spawn(async move {
        while let Some(bounce) = bounces.recv().await {
            let request = mail
                .post(format!("{receipts}/mail"))
                .bearer_auth(&bounce_secret)
                .header("content-type", "message/rfc822")
                .body(delivery_status(&bounce));
            report("bounce", request.send().await);
        }
    });
    tokio::spawn(async move {
        while let Some(callback) = callbacks.recv().await {
            let signature = sign_callback(&auth_token, &callback.url, &callback.form);
            let request = texts.post(&callback.url).header("x-twilio-signature", signature).form(&callback.form);
            report("callback", request.send().await);
        }
    });
}

fn report(what: &str, sent: Result<reqwest::Response, reqwest::Error>) {
    match sent {
        Ok(response) if response.status().is_success() => {}
        Ok(response) => tracing::warn!(what, status = response.status().as_u16(), "a receipt was not taken"),
        Err(error) => tracing::warn!(what, %error, "a receipt could not be sent"),
    }
}

/// A bounce in the form of RFC 3464.
fn delivery_status(bounce: &Bounce) -> String {
    let fields: BTreeMap<&str, &str> = [("to", bounce.return_path.as_str()), ("for", bounce.recipient.as_str())].into();
    format!(
        "From: MAILER-DAEMON@mx.demo.invalid\r\nTo: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\n\
         Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"edge\"\r\n\r\n\
         --edge\r\nContent-Type: text/plain\r\n\r\nThe mailbox was closed after the message had been taken.\r\n\
         --edge\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mx.demo.invalid\r\n\r\n\
         Final-Recipient: rfc822; {for}\r\nOriginal-Recipient: rfc822;{for}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 mailbox closed\r\n\r\n\
         --edge--\r\n",
        to = fields["to"],
        for = fields["for"],
    )
}
