//! The letters of billing: to the address that the school gave for its invoices, else to those who run it.

use lyceum_platform::mail::MailTemplate;

/// An invoice was issued: `{school, number, total, due, instructions, document}`.
pub const INVOICE_ISSUED: &str = "billing.invoice_issued";
/// The provider could not collect an invoice: `{school, number, total, reason, document}`.
pub const PAYMENT_FAILED: &str = "billing.payment_failed";

/// Every letter, for the platform's mailer.
pub const TEMPLATES: &[MailTemplate] = &[
    MailTemplate {
        name: INVOICE_ISSUED,
        subject: "Invoice {{ number }} for {{ school }}",
        text: "Hello{% if to_name %} {{ to_name }}{% endif %},\n\n\
               there is a new invoice for {{ school }}: {{ number }}, {{ total }}, to be paid by {{ due }}.\n\n\
               {% for line in instructions %}{{ line }}\n{% endfor %}{% if instructions %}\n{% endif %}\
               It is found with the school's other invoices, as a PDF too: {{ document }}\n\nLyceum\n",
        html: "<h1>Invoice {{ number }}</h1>\n<p>Hello{% if to_name %} {{ to_name }}{% endif %},</p>\n\
               <p>there is a new invoice for {{ school }}: {{ number }}, <b>{{ total }}</b>, to be paid by {{ due }}.</p>\n\
               {% if instructions %}<p>{% for line in instructions %}{{ line }}<br>{% endfor %}</p>\n{% endif %}\
               <p class=\"quiet\">It is found with the school's other invoices, as a PDF too: {{ document }}</p>\n",
        link_path: None,
    },
    MailTemplate {
        name: PAYMENT_FAILED,
        subject: "The payment of invoice {{ number }} failed",
        text: "Hello{% if to_name %} {{ to_name }}{% endif %},\n\n\
               invoice {{ number }} of {{ school }}, {{ total }}, could not be collected ({{ reason }}). It stays open: pay it in \
               another way, or set up another payment method. A school whose invoices stay unpaid can only be read after a \
               while.\n\n{{ document }}\n\nLyceum\n",
        html: "<h1>A payment failed</h1>\n<p>Hello{% if to_name %} {{ to_name }}{% endif %},</p>\n\
               <p>invoice {{ number }} of {{ school }}, <b>{{ total }}</b>, could not be collected ({{ reason }}). It stays open: pay \
               it in another way, or set up another payment method. A school whose invoices stay unpaid can only be read after \
               a while.</p>\n<p class=\"quiet\">{{ document }}</p>\n",
        link_path: None,
    },
];
