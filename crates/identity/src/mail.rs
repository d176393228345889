//! The letters of identity: templates in plain text and HTML, and what each needs.
//!
//! Letters with a link carry a one-time token, which the mailer makes again at the moment of sending; it is never stored.
//! `expires_in` says in words how long the link lives. Every name listed must be given, `null` where there is nothing to say.

use lyceum_platform::mail::MailTemplate;

/// "Prove that this address is yours": `{expires_in}` and a link.
pub const ACTIVATION: &str = "identity.activation";
/// Somebody registered with the address of an existing account: `{expires_in}` and a link that sets a new password.
pub const ALREADY_REGISTERED: &str = "identity.already_registered";
/// "Choose a new password": `{expires_in}` and a link.
pub const PASSWORD_RESET: &str = "identity.password_reset";
/// The password was changed: `{when, ip}`.
pub const PASSWORD_CHANGED: &str = "identity.password_changed";
/// Staff made the account; choose a password: `{expires_in}` and a link.
pub const INVITATION: &str = "identity.invitation";
/// To the new address: `{expires_in}` and a link.
pub const EMAIL_CHANGE_CONFIRM: &str = "identity.email_change_confirm";
/// To the old address: `{new_email, expires_in}` and a link that undoes it.
pub const EMAIL_CHANGE_NOTICE: &str = "identity.email_change_notice";
/// A spent refresh token came back: `{when, ip, device}`.
pub const TOKEN_REUSE: &str = "identity.token_reuse";
/// Two-step login was turned on: `{when, ip}`.
pub const MFA_ENABLED: &str = "identity.mfa_enabled";
/// Two-step login was turned off: `{when, ip}`.
pub const MFA_DISABLED: &str = "identity.mfa_disabled";
/// The account was erased.
pub const ACCOUNT_ERASED: &str = "identity.account_erased";

/// A button, the address in full for those who cannot press it, and how long it works.
macro_rules! button {
    ($label:literal) => {
        concat!(
            r#"<p><a class="button" href="{{ link }}">"#,
            $label,
            r#"</a></p>
<p class="quiet">If the button does not work, copy this address: {{ link }}</p>
<p class="quiet">It works once, within {{ expires_in }}.</p>"#
        )
    };
}

/// The body of a letter in HTML; the platform's layout goes around it.
macro_rules! html {
    ($heading:literal, $($body:expr),+ $(,)?) => {
        concat!("<h1>", $heading, "</h1>\n<p>Hello{% if to_name %} {{ to_name }}{% endif %},</p>\n", $($body,)+ "\n")
    };
}

macro_rules! text {
    ($($body:literal),+ $(,)?) => {
        concat!("Hello{% if to_name %} {{ to_name }}{% endif %},\n\n", $($body,)+ "\n\nLyceum\n")
    };
}

/// Every letter, for the platform's mailer.
pub const TEMPLATES: &[MailTemplate] = &[
    MailTemplate {
        name: ACTIVATION,
        subject: "Confirm your e-mail address",
        text: text!(
            "welcome to Lyceum. Confirm that this address is yours:\n\n{{ link }}\n\n",
            "The link works once, within {{ expires_in }}. If you did not register, ignore this message; nothing happens."
        ),
        html: html!(
            "Confirm your e-mail address",
            "<p>welcome to Lyceum. Confirm that this address is yours, and your account is ready.</p>\n",
            button!("Confirm address"),
            "\n<p class=\"quiet\">If you did not register, ignore this message; nothing happens.</p>"
        ),
        link_path: Some("/activate"),
    },
    MailTemplate {
        name: ALREADY_REGISTERED,
        subject: "You already have an account",
        text: text!(
            "somebody, probably you, tried to register with this address, but it already has an account. ",
            "Log in with it; if the password is lost, choose a new one here:\n\n{{ link }}\n\n",
            "The link works once, within {{ expires_in }}. ",
            "If it was not you, there is nothing to do: nobody learnt that the account exists."
        ),
        html: html!(
            "You already have an account",
            "<p>somebody, probably you, tried to register with this address, but it already has an account. ",
            "Log in with it; if the password is lost, choose a new one.</p>\n",
            button!("Choose a password"),
            "\n<p class=\"quiet\">If it was not you, there is nothing to do: nobody learnt that the account exists.</p>"
        ),
        link_path: Some("/reset-password"),
    },
    MailTemplate {
        name: PASSWORD_RESET,
        subject: "Choose a new password",
        text: text!(
            "choose a new password for your account here:\n\n{{ link }}\n\n",
            "The link works once, within {{ expires_in }}. You will be logged out everywhere. ",
            "If you did not ask for this, ignore this message; your password stays as it is."
        ),
        html: html!(
            "Choose a new password",
            "<p>choose a new password for your account. You will be logged out everywhere.</p>\n",
            button!("Choose a password"),
            "\n<p class=\"quiet\">If you did not ask for this, ignore this message; your password stays as it is.</p>"
        ),
        link_path: Some("/reset-password"),
    },
    MailTemplate {
        name: PASSWORD_CHANGED,
        subject: "Your password was changed",
        text: text!(
            "the password of your account was changed on {{ when }}{% if ip %} from {{ ip }}{% endif %}.\n\n",
            "If it was not you, ask for a new password on the login page at once; that logs everybody else out."
        ),
        html: html!(
            "Your password was changed",
            "<p>the password of your account was changed on {{ when }}{% if ip %} from {{ ip }}{% endif %}.</p>\n",
            "<p>If it was not you, ask for a new password on the login page at once; that logs everybody else out.</p>"
        ),
        link_path: None,
    },
    MailTemplate {
        name: INVITATION,
        subject: "Your account is ready",
        text: text!(
            "an account on Lyceum was made for you. Choose a password to begin:\n\n{{ link }}\n\n",
            "The link works once, within {{ expires_in }}."
        ),
        html: html!(
            "Your account is ready",
            "<p>an account on Lyceum was made for you. Choose a password to begin.</p>\n",
            button!("Choose a password")
        ),
        link_path: Some("/reset-password"),
    },
    MailTemplate {
        name: EMAIL_CHANGE_CONFIRM,
        subject: "Confirm your new e-mail address",
        text: text!(
            "confirm that your account shall use this address from now on:\n\n{{ link }}\n\n",
            "The link works once, within {{ expires_in }}. If you did not ask for this, ignore this message."
        ),
        html: html!(
            "Confirm your new e-mail address",
            "<p>confirm that your account shall use this address from now on.</p>\n",
            button!("Use this address"),
            "\n<p class=\"quiet\">If you did not ask for this, ignore this message.</p>"
        ),
        link_path: Some("/confirm-email"),
    },
    MailTemplate {
        name: EMAIL_CHANGE_NOTICE,
        subject: "The e-mail address of your account is being changed",
        text: text!(
            "somebody who knows your password asked that your account use the address {{ new_email }} instead of this one.\n\n",
            "If that was you, there is nothing to do. If not, stop it here, even after it has happened:\n\n{{ link }}\n\n",
            "The link works once, within {{ expires_in }}. It brings this address back and logs everybody out; then choose a new password."
        ),
        html: html!(
            "Your e-mail address is being changed",
            "<p>somebody who knows your password asked that your account use the address {{ new_email }} instead of this one.</p>\n",
            "<p>If that was you, there is nothing to do. If not, stop it here, even after it has happened. ",
            "It brings this address back and logs everybody out; then choose a new password.</p>\n",
            button!("It was not me")
        ),
        link_path: Some("/undo-email-change"),
    },
    MailTemplate {
        name: TOKEN_REUSE,
        subject: "A login of yours was used twice",
        text: text!(
            "on {{ when }}{% if ip %} from {{ ip }}{% endif %} an outdated token of your login ",
            "{% if device %}({{ device }}) {% endif %}was used. A copy of it may be in other hands, so that login was ended.\n\n",
            "Log in again. If anything looks strange, change your password."
        ),
        html: html!(
            "A login of yours was used twice",
            "<p>on {{ when }}{% if ip %} from {{ ip }}{% endif %} an outdated token of your login ",
            "{% if device %}({{ device }}) {% endif %}was used. A copy of it may be in other hands, so that login was ended.</p>\n",
            "<p>Log in again. If anything looks strange, change your password.</p>"
        ),
        link_path: None,
    },
    MailTemplate {
        name: MFA_ENABLED,
        subject: "Two-step login is on",
        text: text!(
            "two-step login was turned on for your account on {{ when }}{% if ip %} from {{ ip }}{% endif %}. ",
            "Keep the recovery codes somewhere safe.\n\nIf it was not you, ask for a new password at once and tell your school."
        ),
        html: html!(
            "Two-step login is on",
            "<p>two-step login was turned on for your account on {{ when }}{% if ip %} from {{ ip }}{% endif %}. ",
            "Keep the recovery codes somewhere safe.</p>\n",
            "<p class=\"quiet\">If it was not you, ask for a new password at once and tell your school.</p>"
        ),
        link_path: None,
    },
    MailTemplate {
        name: MFA_DISABLED,
        subject: "Two-step login is off",
        text: text!(
            "two-step login was turned off for your account on {{ when }}{% if ip %} from {{ ip }}{% endif %}.\n\n",
            "If it was not you, ask for a new password at once and tell your school."
        ),
        html: html!(
            "Two-step login is off",
            "<p>two-step login was turned off for your account on {{ when }}{% if ip %} from {{ ip }}{% endif %}.</p>\n",
            "<p class=\"quiet\">If it was not you, ask for a new password at once and tell your school.</p>"
        ),
        link_path: None,
    },
    MailTemplate {
        name: ACCOUNT_ERASED,
        subject: "Your account was erased",
        text: text!(
            "as you asked, your account was erased. Your name, your addresses and what you logged in with are gone; ",
            "this is the last message from us.\n\nFarewell."
        ),
        html: html!(
            "Your account was erased",
            "<p>as you asked, your account was erased. Your name, your addresses and what you logged in with are gone; ",
            "this is the last message from us.</p>\n<p>Farewell.</p>"
        ),
        link_path: None,
    },
];
