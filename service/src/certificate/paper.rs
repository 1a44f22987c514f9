//! A certificate on paper: one A4 page as PDF, with the part of the font that it uses, and a code that leads to the
//! public page. The same certificate always gives the same bytes.

use crate::error::Fault;
use domain::project::certificate::Certificate;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::{GlyphMetrics, Metrics};
use skrifa::{FontRef, MetadataProvider};
use std::io::Read;
use std::sync::LazyLock;

/// A4 in points.
const PAGE: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 68.0;
const SMALL: f32 = 9.0;
const BODY: f32 = 12.0;
const LEADING: f32 = 1.75;

static FONT_FILE: &[u8] = include_bytes!("../../fonts/NotoSerifSC-Regular.ttf.br");

/// The font unpacked, once.
static BYTES: LazyLock<std::sync::Arc<Vec<u8>>> = LazyLock::new(|| {
    let mut bytes = Vec::with_capacity(16 << 20);
    // What is compiled in is whole: a test reads it.
    let _ = brotli::Decompressor::new(FONT_FILE, 1 << 16).read_to_end(&mut bytes);
    std::sync::Arc::new(bytes)
});

static FONT: LazyLock<Option<Font>> = LazyLock::new(|| Font::new(BYTES.clone().into(), 0));

/// Which glyphs a text is made of, and how wide they are.
struct Measure<'f> {
    glyphs: Charmap<'f>,
    widths: GlyphMetrics<'f>,
    /// Units of the font to one size.
    em: f32,
}

impl Measure<'_> {
    fn of(font: &[u8]) -> Result<Measure<'_>, Fault> {
        let font = FontRef::new(font)?;
        let (size, location) = (Size::unscaled(), LocationRef::default());
        let em = f32::from(Metrics::new(&font, size, location).units_per_em);
        Ok(Measure { glyphs: font.charmap(), widths: font.glyph_metrics(size, location), em })
    }

    /// A sign's glyph and its width. A sign that the font has not is the empty box, as wide as it is high.
    fn glyph(&self, sign: char) -> (GlyphId, f32) {
        let glyph = self.glyphs.map(sign);
        let width = glyph.and_then(|glyph| self.widths.advance_width(glyph)).map_or(1.0, |width| width / self.em);
        (GlyphId::new(glyph.map_or(0, |glyph| glyph.to_u32())), width)
    }

    /// One glyph for each sign: Chinese needs no more.
    fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let place = |(at, sign): (usize, char)| {
            let (glyph, width) = self.glyph(sign);
            KrillaGlyph::new(glyph, width, 0.0, 0.0, 0.0, at..at + sign.len_utf8(), None)
        };
        text.char_indices().map(place).collect()
    }

    fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|sign| self.glyph(sign).1).sum::<f32>() * size
    }

    /// Breaks a text into lines, where UAX 14 lets a line end: Chinese between characters but not before a comma.
    fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        let mut from = 0;
        for (at, kind) in unicode_linebreak::linebreaks(text) {
            let word = &text[from..at];
            from = at;
            if !line.is_empty() && self.width(&line, size) + self.width(word.trim_end(), size) > width {
                lines.push(std::mem::take(&mut line).trim_end().to_string());
            }
            // A word longer than a line is cut.
            for c in word.chars().filter(|c| *c != '\n') {
                if !line.is_empty() && !c.is_whitespace() && self.width(&line, size) + self.width(c.encode_utf8(&mut [0; 4]), size) > width
                {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(c);
            }
            if kind == unicode_linebreak::BreakOpportunity::Mandatory {
                lines.push(std::mem::take(&mut line).trim_end().to_string());
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }
}

struct Sheet<'s, 'd> {
    surface: &'s mut Surface<'d>,
    font: Font,
    measure: &'s Measure<'static>,
    y: f32,
}

impl Sheet<'_, '_> {
    fn ink(&mut self, red: u8, green: u8, blue: u8) {
        self.surface.set_fill(Some(Fill { paint: rgb::Color::new(red, green, blue).into(), ..Fill::default() }));
        self.surface.set_stroke(None);
    }

    fn text(&mut self, x: f32, size: f32, text: &str) {
        let glyphs = self.measure.glyphs(text);
        self.surface.draw_glyphs(Point::from_xy(x, self.y), &glyphs, self.font.clone(), text, size, false);
    }

    fn centred(&mut self, size: f32, text: &str) {
        let x = (PAGE.0 - self.measure.width(text, size)) / 2.0;
        self.text(x, size, text);
    }

    /// A paragraph; `indent` signs are left free in its first line.
    fn paragraph(&mut self, x: f32, width: f32, size: f32, indent: usize, text: &str) {
        let text = format!("{}{text}", "\u{3000}".repeat(indent));
        for line in self.measure.lines(&text, size, width) {
            self.text(x, size, &line);
            self.y += size * LEADING;
        }
    }

    fn rule(&mut self, weight: f32) {
        if let Some(rect) = Rect::from_xywh(MARGIN, self.y, PAGE.0 - 2.0 * MARGIN, weight) {
            let mut path = PathBuilder::new();
            path.push_rect(rect);
            if let Some(path) = path.finish() {
                self.surface.draw_path(&path);
            }
        }
    }

    fn code(&mut self, x: f32, y: f32, side: f32, address: &str) -> Result<(), Fault> {
        let code = qrcodegen::QrCode::encode_text(address, qrcodegen::QrCodeEcc::Medium).map_err(|e| format!("no QR code: {e:?}"))?;
        let n = code.size();
        let module = side / n as f32;
        let mut path = PathBuilder::new();
        for row in 0..n {
            for column in 0..n {
                if code.get_module(column, row)
                    && let Some(rect) = Rect::from_xywh(x + column as f32 * module, y + row as f32 * module, module, module)
                {
                    path.push_rect(rect);
                }
            }
        }
        if let Some(path) = path.finish() {
            self.surface.draw_path(&path);
        }
        Ok(())
    }
}

/// The page of a certificate. `address`: where anybody can check it.
///
/// # Errors
/// The page cannot be made; the texts are too long for it.
pub fn print(certificate: &Certificate, address: &str, key: &str) -> Result<Vec<u8>, Fault> {
    let font = FONT.clone().ok_or("the font of the certificates cannot be read")?;
    let measure = Measure::of(&BYTES)?;
    let mut document = Document::new_with(SerializeSettings { compress_content_streams: true, ..SerializeSettings::default() });
    let title = format!("{} {}", certificate.title.zh, certificate.number);
    document.set_metadata(Metadata::new().title(title).language("zh-CN".into()).producer("Quanlian 全链".into()));
    let size = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or("no page")?;
    let mut page = document.start_page_with(size);
    let mut surface = page.surface();
    frame(&mut surface);
    let mut sheet = Sheet { surface: &mut surface, font, measure: &measure, y: 132.0 };
    let width = PAGE.0 - 2.0 * MARGIN;
    sheet.ink(150, 24, 24);
    let heading = if measure.width(&certificate.title.zh, 30.0) > width { 22.0 } else { 30.0 };
    sheet.centred(heading, &certificate.title.zh);
    sheet.ink(40, 40, 40);
    sheet.y += 24.0;
    sheet.centred(SMALL + 1.0, &certificate.title.en);
    sheet.y += 34.0;
    sheet.centred(BODY, &format!("编号　{}", certificate.number));
    if let Some(before) = &certificate.replaces {
        sheet.y += 18.0;
        sheet.centred(SMALL, &format!("（更正，取代 {before}）"));
    }
    sheet.y += 34.0;
    sheet.paragraph(MARGIN, width, BODY, 2, &certificate.statement.zh);
    sheet.y += 12.0;
    let label = 128.0;
    let mut rows =
        vec![("权利人（建设单位）".to_string(), certificate.holder.clone()), ("项目名称".to_string(), certificate.project_name.clone())];
    rows.extend(certificate.items.iter().map(|item| (item.name.zh.clone(), item.value.zh.clone())));
    for (name, value) in rows {
        sheet.ink(190, 190, 190);
        sheet.rule(0.5);
        sheet.ink(40, 40, 40);
        sheet.y += 17.0;
        let top = sheet.y;
        let names = measure.lines(&name, 10.5, label - 10.0);
        for line in &names {
            sheet.text(MARGIN + 4.0, 10.5, line);
            sheet.y += 15.0;
        }
        let below = sheet.y;
        sheet.y = top;
        for line in measure.lines(&value, 10.5, width - label - 4.0) {
            sheet.text(MARGIN + label, 10.5, &line);
            sheet.y += 15.0;
        }
        sheet.y = sheet.y.max(below) - 8.0;
    }
    sheet.ink(190, 190, 190);
    sheet.rule(0.5);
    sheet.ink(40, 40, 40);
    sheet.y += 26.0;
    if !certificate.conditions.is_empty() {
        sheet.paragraph(MARGIN, width, 10.5, 0, "附条件：");
        for (i, condition) in certificate.conditions.iter().enumerate() {
            sheet.paragraph(MARGIN, width, 10.5, 0, &format!("{}. {condition}", i + 1));
        }
    }
    let foot = PAGE.1 - 190.0;
    if sheet.y > foot {
        return Err(format!("certificate {} does not fit on its page", certificate.number).into());
    }
    sheet.code(MARGIN, foot, 96.0, address)?;
    sheet.y = foot + 30.0;
    let issuer = format!("发证机关　{}", certificate.issuer.zh);
    let on = certificate.issued_on;
    let day = format!("发证日期　{} 年 {} 月 {} 日", on.year(), on.month(), on.day());
    for line in [&issuer, &day] {
        let x = PAGE.0 - MARGIN - measure.width(line, BODY);
        sheet.text(x, BODY, line);
        sheet.y += 26.0;
    }
    sheet.ink(110, 110, 110);
    sheet.y = foot + 112.0;
    sheet.text(MARGIN, SMALL, &format!("扫码核验，或访问 {address}"));
    sheet.y += 13.0;
    sheet.text(MARGIN, SMALL, &format!("本证为电子证照，经 Ed25519 签名（密钥 {key}），真伪以扫码核验为准。"));
    surface.finish();
    page.finish();
    Ok(document.finish().map_err(|e| format!("the page cannot be made: {e:?}"))?)
}

fn frame(surface: &mut Surface<'_>) {
    surface.set_fill(None);
    for (inset, width) in [(36.0, 1.6), (41.0, 0.5)] {
        surface.set_stroke(Some(Stroke { paint: rgb::Color::new(150, 24, 24).into(), width, ..Stroke::default() }));
        let mut path = PathBuilder::new();
        if let Some(rect) = Rect::from_ltrb(inset, inset, PAGE.0 - inset, PAGE.1 - inset) {
            path.push_rect(rect);
        }
        if let Some(path) = path.finish() {
            surface.draw_path(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;
    use domain::Text;
    use domain::project::certificate::Item;

    #[test]
    fn the_same_certificate_gives_the_same_page() {
        let item = |name: &str, value: &str| Item { name: Text::same(name), value: Text::same(value) };
        let certificate = Certificate {
            number: "建字第32050520220000１号".into(),
            title: Text::new("建设工程规划许可证", "Construction Planning Permit"),
            matter: "construction-planning-permit".into(),
            project: "p".into(),
            project_name: "狮山生物医药创新基地".into(),
            holder: "苏州新芯生物科技有限公司".into(),
            issuer: Text::new("自然资源和规划部门", "Planning"),
            issued_on: "2022-09-13".parse().unwrap(),
            statement: Text::new("根据《中华人民共和国城乡规划法》等法律法规，经审核，本建设工程符合要求，颁发此证。".repeat(2), ""),
            items: vec![item("总建筑面积", "140000 m²"), item("建设地址", &"狮山街道金山路以东、".repeat(8))],
            conditions: vec!["开工前补交计算书".into()],
            replaces: None,
        };
        let first = print(&certificate, "https://example.org/verify/x", "abc").unwrap();
        assert_eq!(first, print(&certificate, "https://example.org/verify/x", "abc").unwrap());
        assert!(first.starts_with(b"%PDF-") && first.len() < 400_000, "{} bytes", first.len());
        // A line does not begin with a comma.
        let lines = Measure::of(&BYTES).unwrap().lines(&"一二三四五，".repeat(9), 10.0, 50.0);
        assert!(lines.iter().all(|line| !line.starts_with('，')), "{lines:?}");
        let endless = Certificate { conditions: vec!["很长的条件。".repeat(80); 9], ..certificate };
        assert!(print(&endless, "a", "b").is_err());
    }
}
