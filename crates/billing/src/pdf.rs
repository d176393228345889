//! An invoice as a PDF: A4, text set in Inter (SIL Open Font License), everything embedded.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use krilla::Document as Pdf;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use rustybuzz::{Face, UnicodeBuffer};

use crate::model::invoice::{self, InvoiceState};
use crate::model::invoice_line;
use crate::money::{shown, shown_rate};
use crate::service::Buyer;
use crate::settings::Seller;

const REGULAR: &[u8] = include_bytes!("../assets/Inter-Regular.otf");
const SEMIBOLD: &[u8] = include_bytes!("../assets/Inter-SemiBold.otf");

/// A4 in points.
const PAGE: (f32, f32) = (595.28, 841.89);
const LEFT: f32 = 56.0;
const RIGHT: f32 = PAGE.0 - 56.0;
/// Below this nothing but the foot stands.
const BOTTOM: f32 = 770.0;
/// Right edges of the columns of numbers.
const COLUMNS: [f32; 4] = [330.0, 415.0, 455.0, RIGHT];
/// How wide a line's description may be.
const DESCRIPTION: f32 = 230.0;

/// Red, green and blue.
type Shade = (u8, u8, u8);

const INK: Shade = (24, 28, 36);
const GREY: Shade = (104, 112, 124);
const RULE: Shade = (214, 219, 226);
const ACCENT: Shade = (38, 84, 160);

/// A weight of the typeface: to draw with, and to measure with.
struct Weight {
    font: Font,
    face: Face<'static>,
}

impl Weight {
    fn of(bytes: &'static [u8]) -> Option<Self> {
        Some(Self { font: Font::new(bytes.into(), 0)?, face: Face::from_slice(bytes, 0)? })
    }

    /// How wide text is set, in points.
    fn width(&self, text: &str, size: f32) -> f32 {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        let glyphs = rustybuzz::shape(&self.face, &[], buffer);
        let units: i32 = glyphs.glyph_positions().iter().map(|glyph| glyph.x_advance).sum();
        #[expect(clippy::cast_precision_loss, reason = "a line of text is some thousand units wide")]
        let units = units as f32;
        #[expect(clippy::cast_precision_loss, reason = "fonts have some thousand units to the em")]
        let em = self.face.units_per_em() as f32;
        units / em * size
    }

    /// The text in lines that are no wider than `width`; a word that is wider is broken.
    fn wrapped(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for paragraph in text.lines() {
            let mut line = String::new();
            for word in paragraph.split_whitespace() {
                let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
                if self.width(&longer, size) <= width {
                    line = longer;
                    continue;
                }
                if !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                for letter in word.chars() {
                    line.push(letter);
                    if self.width(&line, size) > width {
                        line.pop();
                        lines.push(std::mem::replace(&mut line, letter.to_string()));
                    }
                }
            }
            lines.push(line);
        }
        lines
    }
}

static FACES: LazyLock<Option<(Weight, Weight)>> = LazyLock::new(|| Weight::of(REGULAR).zip(Weight::of(SEMIBOLD)));

/// What is on the invoice.
#[derive(Debug)]
pub struct Document {
    title: &'static str,
    number: String,
    state: InvoiceState,
    seller: Seller,
    buyer: Buyer,
    facts: Vec<(&'static str, String)>,
    currency: String,
    lines: Vec<invoice_line::Model>,
    subtotal: i64,
    taxes: Vec<(i32, i64)>,
    total: i64,
    note: Option<String>,
}

fn day(time: DateTime<Utc>) -> String {
    time.format("%-d %B %Y").to_string()
}

impl Document {
    /// An invoice as it was issued; a draft as it would be.
    pub fn of(invoice: &invoice::Model, lines: Vec<invoice_line::Model>, configured: &Seller) -> Self {
        let read = |json: &Option<serde_json::Value>| json.clone();
        let seller = read(&invoice.seller).and_then(|json| serde_json::from_value(json).ok());
        let buyer = read(&invoice.buyer).and_then(|json| serde_json::from_value(json).ok());
        let mut facts = Vec::new();
        let mut fact = |name, time: Option<DateTime<Utc>>| facts.extend(time.map(|time| (name, day(time))));
        fact("Issued", invoice.issued_at);
        fact("Due", invoice.due_at);
        fact("Paid", invoice.paid_at);
        let mut taxes: Vec<(i32, i64)> = Vec::new();
        for line in &lines {
            match taxes.iter_mut().find(|(rate, _)| *rate == line.tax_basis_points) {
                Some((_, sum)) => *sum += line.tax,
                None => taxes.push((line.tax_basis_points, line.tax)),
            }
        }
        Self {
            title: if invoice.state == InvoiceState::Draft { "Draft" } else { "Invoice" },
            number: invoice.number.clone().unwrap_or_default(),
            state: invoice.state,
            seller: seller.unwrap_or_else(|| configured.clone()),
            buyer: buyer.unwrap_or_default(),
            facts,
            currency: invoice.currency.clone(),
            lines,
            subtotal: invoice.subtotal,
            taxes,
            total: invoice.total,
            note: invoice.note.clone(),
        }
    }
}

/// A page being drawn.
struct Sheet<'a, 'b> {
    surface: &'a mut Surface<'b>,
    regular: &'static Weight,
    semibold: &'static Weight,
}

impl Sheet<'_, '_> {
    fn fill(&mut self, color: Shade) {
        let color = rgb::Color::new(color.0, color.1, color.2);
        let fill = Fill { paint: color.into(), opacity: NormalizedF32::ONE, rule: krilla::paint::FillRule::default() };
        self.surface.set_fill(Some(fill));
    }

    fn text(&mut self, (x, y): (f32, f32), text: &str, (size, bold, color): (f32, bool, Shade)) {
        self.fill(color);
        let weight = if bold { self.semibold } else { self.regular };
        self.surface.draw_text(Point::from_xy(x, y), weight.font.clone(), size, text, false, TextDirection::Auto);
    }

    /// Text that ends at `x`.
    fn text_to(&mut self, (x, y): (f32, f32), text: &str, style: (f32, bool, Shade)) {
        let weight = if style.1 { self.semibold } else { self.regular };
        let width = weight.width(text, style.0);
        self.text((x - width, y), text, style);
    }

    fn bar(&mut self, (x, y): (f32, f32), (width, height): (f32, f32), color: Shade) {
        self.fill(color);
        let mut path = PathBuilder::new();
        if let Some(rect) = Rect::from_xywh(x, y, width, height) {
            path.push_rect(rect);
        }
        if let Some(path) = path.finish() {
            self.surface.draw_path(&path);
        }
    }

    /// Everything above the lines of the first page; answers where it ends.
    fn head(&mut self, document: &Document) -> f32 {
        self.bar((0.0, 0.0), (PAGE.0, 6.0), ACCENT);
        self.text((LEFT, 74.0), document.title, (26.0, true, INK));
        self.text((LEFT, 94.0), &document.number, (11.0, false, GREY));
        let badge = match document.state {
            InvoiceState::Paid => "PAID",
            InvoiceState::Void => "VOID",
            InvoiceState::Draft => "NOT ISSUED",
            InvoiceState::Open | InvoiceState::Uncollectible => "",
        };
        self.text((LEFT, 112.0), badge, (10.0, true, ACCENT));

        let mut y = 66.0;
        self.text_to((RIGHT, y), &document.seller.name.clone(), (11.0, true, INK));
        let tax = document.seller.tax_id.iter().map(|id| format!("{} {id}", document.seller.tax_name));
        for line in document.seller.address.iter().cloned().chain(tax) {
            y += 14.0;
            self.text_to((RIGHT, y), &line, (9.0, false, GREY));
        }
        let top = y.max(112.0) + 40.0;
        self.text((LEFT, top), "Billed to", (9.0, false, GREY));
        let buyer = &document.buyer;
        let mut y = top;
        for line in self.semibold.wrapped(&buyer.name, 11.0, 280.0) {
            y += 16.0;
            self.text((LEFT, y), &line, (11.0, true, INK));
        }
        let country = buyer.country.iter().cloned();
        let tax = buyer.tax_id.iter().map(|id| format!("{} {id}", document.seller.tax_name));
        for line in buyer.address.iter().cloned().chain(country).chain(tax).chain(buyer.email.iter().cloned()) {
            for line in self.regular.wrapped(&line, 9.5, 280.0) {
                y += 14.0;
                self.text((LEFT, y), &line, (9.5, false, INK));
            }
        }
        let mut facts = top;
        for (name, value) in &document.facts {
            self.text((380.0, facts), name, (9.0, false, GREY));
            self.text_to((RIGHT, facts), value, (9.5, false, INK));
            facts += 16.0;
        }
        y.max(facts) + 36.0
    }

    fn columns(&mut self, y: f32, tax_name: &str) -> f32 {
        self.text((LEFT, y), "Description", (8.5, false, GREY));
        for (x, name) in COLUMNS.into_iter().zip(["Quantity", "Unit price", tax_name, "Amount"]) {
            self.text_to((x, y), name, (8.5, false, GREY));
        }
        self.bar((LEFT, y + 8.0), (RIGHT - LEFT, 0.75), RULE);
        y + 26.0
    }

    /// One line of the invoice; answers where the next one begins.
    fn line(&mut self, mut y: f32, line: &invoice_line::Model, currency: &str) -> f32 {
        let cells = [
            line.quantity.to_string(),
            shown(line.unit_amount, currency),
            shown_rate(line.tax_basis_points),
            shown(line.amount, currency),
        ];
        for (x, cell) in COLUMNS.into_iter().zip(cells) {
            self.text_to((x, y), &cell, (9.5, false, INK));
        }
        for text in self.regular.wrapped(&line.description, 9.5, DESCRIPTION) {
            self.text((LEFT, y), &text, (9.5, false, INK));
            y += 13.0;
        }
        if let Some((start, end)) = line.period_start.zip(line.period_end) {
            self.text((LEFT, y), &format!("{} – {}", day(start), day(end)), (8.5, false, GREY));
            y += 13.0;
        }
        self.bar((LEFT, y - 4.0), (RIGHT - LEFT, 0.5), RULE);
        y + 14.0
    }

    fn sums(&mut self, mut y: f32, document: &Document) -> f32 {
        let currency = &document.currency;
        let tax_name = document.seller.tax_name.clone();
        self.text((COLUMNS[0], y), "Subtotal", (9.5, false, GREY));
        self.text_to((RIGHT, y), &shown(document.subtotal, currency), (9.5, false, INK));
        for (rate, sum) in &document.taxes {
            y += 17.0;
            self.text((COLUMNS[0], y), &format!("{tax_name} {}", shown_rate(*rate)), (9.5, false, GREY));
            self.text_to((RIGHT, y), &shown(*sum, currency), (9.5, false, INK));
        }
        self.bar((COLUMNS[0], y + 9.0), (RIGHT - COLUMNS[0], 0.75), RULE);
        y += 29.0;
        self.text((COLUMNS[0], y), "Total", (13.0, true, INK));
        self.text_to((RIGHT, y), &shown(document.total, currency), (13.0, true, INK));
        y + 36.0
    }

    fn foot(&mut self, document: &Document, page: usize, pages: usize) {
        self.bar((LEFT, BOTTOM + 22.0), (RIGHT - LEFT, 0.5), RULE);
        let name = format!("{} {}", document.title, document.number);
        self.text((LEFT, BOTTOM + 38.0), &name, (8.0, false, GREY));
        self.text_to((RIGHT, BOTTOM + 38.0), &format!("Page {page} of {pages}"), (8.0, false, GREY));
    }
}

/// One thing below the head.
enum Block<'a> {
    Line(&'a invoice_line::Model),
    Sums,
    Text(String, bool),
}

impl Block<'_> {
    /// The room that it needs.
    fn height(&self, document: &Document, regular: &Weight) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a few lines")]
        let rows = |count: usize| count as f32;
        match self {
            Self::Line(line) => {
                let text = regular.wrapped(&line.description, 9.5, DESCRIPTION).len();
                rows(text + usize::from(line.period_start.is_some())).mul_add(13.0, 14.0)
            }
            Self::Sums => rows(document.taxes.len()).mul_add(17.0, 65.0),
            Self::Text(..) => 13.0,
        }
    }
}

fn blocks<'a>(document: &'a Document, regular: &Weight) -> Vec<Block<'a>> {
    let mut blocks: Vec<Block<'a>> = document.lines.iter().map(Block::Line).collect();
    blocks.push(Block::Sums);
    let mut text = |text: &str, bold| {
        let lines = regular.wrapped(text, 9.0, RIGHT - LEFT);
        blocks.extend(lines.into_iter().map(|line| Block::Text(line, bold)));
    };
    if let Some(note) = &document.note {
        text(note, false);
        text("\n", false);
    }
    if document.state == InvoiceState::Open && !document.seller.instructions.is_empty() {
        text("How to pay", true);
        for line in &document.seller.instructions {
            text(line, false);
        }
        text(&format!("Please state {}.", document.number), false);
    }
    blocks
}

/// The blocks of each page.
fn pages<'a>(document: &'a Document, regular: &Weight, first: f32) -> Vec<Vec<Block<'a>>> {
    let mut pages = vec![Vec::new()];
    let mut y = first;
    for block in blocks(document, regular) {
        let height = block.height(document, regular);
        if y + height > BOTTOM {
            pages.push(Vec::new());
            y = LATER_PAGES;
        }
        y += height;
        if let Some(page) = pages.last_mut() {
            page.push(block);
        }
    }
    pages
}

/// Where the lines begin on pages after the first.
const LATER_PAGES: f32 = 92.0;

/// Draws an invoice.
///
/// # Errors
/// What the drawing library says; nothing that a client can help.
pub fn draw(document: &Document) -> Result<Vec<u8>, String> {
    let Some((regular, semibold)) = FACES.as_ref() else { return Err("the typeface cannot be read".to_owned()) };
    let settings = || PageSettings::from_wh(PAGE.0, PAGE.1).ok_or_else(|| "the page has no size".to_owned());
    // The head is drawn once beside to see how high it is.
    let mut probe = Pdf::new();
    let mut page = probe.start_page_with(settings()?);
    let mut surface = page.surface();
    let first = Sheet { surface: &mut surface, regular, semibold }.head(document) + 26.0;
    surface.finish();
    page.finish();

    let mut pdf = Pdf::new();
    let title = format!("{} {}", document.title, document.number);
    pdf.set_metadata(Metadata::new().title(title).creator("Lyceum".to_owned()).language("en".to_owned()));
    let pages = pages(document, regular, first);
    for (index, blocks) in pages.iter().enumerate() {
        let mut page = pdf.start_page_with(settings()?);
        let mut surface = page.surface();
        let mut sheet = Sheet { surface: &mut surface, regular, semibold };
        let y = if index == 0 { sheet.head(document) } else { LATER_PAGES - 26.0 };
        let mut y = sheet.columns(y, &document.seller.tax_name);
        for block in blocks {
            y = match block {
                Block::Line(line) => sheet.line(y, line, &document.currency),
                Block::Sums => sheet.sums(y + 6.0, document),
                Block::Text(text, bold) => {
                    sheet.text((LEFT, y), text, (9.0, *bold, INK));
                    y + 13.0
                }
            };
        }
        sheet.foot(document, index + 1, pages.len());
        surface.finish();
        page.finish();
    }
    pdf.finish().map_err(|error| format!("{error:?}"))
}

#[cfg(test)]
mod tests {
    use lyceum_kernel::SchoolId;
    use uuid::Uuid;

    use super::*;
    use crate::model::invoice::InvoiceId;
    use crate::model::invoice_line::InvoiceLineId;

    fn document(lines: usize) -> Document {
        let start: DateTime<Utc> = "2026-11-01T00:00:00Z".parse().unwrap();
        let line = |position: usize| invoice_line::Model {
            school_id: SchoolId(Uuid::nil()),
            id: InvoiceLineId(Uuid::nil()),
            invoice_id: InvoiceId(Uuid::nil()),
            position: i32::try_from(position).unwrap(),
            description: if position == 1 {
                "Ein sehr langer Text über Δοκιμή und школа, der umbrochen wird".to_owned()
            } else {
                "Standard, seats".to_owned()
            },
            quantity: 250,
            unit_amount: 250,
            tax_basis_points: if position == 2 { 700 } else { 1_900 },
            amount: 62_500,
            tax: 11_875,
            period_start: Some(start),
            period_end: Some(start + chrono::Duration::days(30)),
        };
        let seller = Seller {
            name: "Lyceum Learning GmbH".to_owned(),
            address: vec!["Musterweg 5".to_owned(), "10115 Berlin".to_owned()],
            tax_id: Some("DE123456789".to_owned()),
            tax_name: "VAT".to_owned(),
            instructions: vec!["IBAN DE02 1203 0000 0000 2020 51".to_owned(), "BIC BYLADEM1001".to_owned()],
        };
        let buyer = Buyer {
            name: "Liceum im. Łódź & Söhne".to_owned(),
            address: vec!["1 School Lane".to_owned(), "Northfield".to_owned()],
            country: Some("PL".to_owned()),
            tax_id: None,
            email: Some("bursar@northfield.example".to_owned()),
        };
        Document {
            title: "Invoice",
            number: "INV-000007".to_owned(),
            state: InvoiceState::Open,
            seller,
            buyer,
            facts: vec![("Issued", day(start)), ("Due", day(start + chrono::Duration::days(14)))],
            currency: "EUR".to_owned(),
            lines: (1..=lines).map(line).collect(),
            subtotal: 187_500,
            taxes: vec![(1_900, 23_750), (700, 4_375)],
            total: 215_625,
            note: Some("Thank you for learning with us.".to_owned()),
        }
    }

    #[test]
    fn a_long_invoice_goes_on_over_pages() {
        let (regular, _) = FACES.as_ref().unwrap();
        assert_eq!(pages(&document(3), regular, 300.0).len(), 1);
        let long = document(90);
        let pages = pages(&long, regular, 300.0);
        assert!(pages.len() >= 5);
        assert_eq!(pages.iter().flatten().filter(|block| matches!(block, Block::Line(_))).count(), 90);
        let drawn = draw(&long).unwrap();
        assert!(drawn.starts_with(b"%PDF-") && drawn.len() < 300_000);
    }

    #[test]
    fn text_is_broken_where_it_does_not_fit() {
        let (regular, _) = FACES.as_ref().unwrap();
        for text in ["one two three four five six seven", &"x".repeat(300), "", "a\nb"] {
            let lines = regular.wrapped(text, 9.5, 100.0);
            assert!(lines.iter().all(|line| regular.width(line, 9.5) <= 100.0), "{lines:?}");
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(text));
        }
    }
}
