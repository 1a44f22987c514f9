//! A certificate: made into a page, signed, checked.

#![allow(clippy::unwrap_used, reason = "a bench that meets what it does not expect ends")]

use divan::Bencher;
use domain::Text;
use domain::project::certificate::{Certificate, Item};
use service::certificate::print;

fn main() {
    divan::main();
}

fn certificate() -> Certificate {
    let item = |name: &str, value: &str| Item { name: Text::same(name), value: Text::same(value) };
    Certificate {
        number: "建字第320505202200001号".into(),
        title: Text::new("建设工程规划许可证", "Construction Planning Permit"),
        matter: "construction-planning-permit".into(),
        project: "p".into(),
        project_name: "狮山生物医药创新基地".into(),
        holder: "苏州新芯生物科技有限公司".into(),
        issuer: Text::new("自然资源和规划部门", "Planning"),
        issued_on: "2022-09-13".parse().unwrap(),
        statement: Text::new(
            "根据《中华人民共和国土地管理法》《中华人民共和国城乡规划法》和国家有关规定，经审核，本建设工程符合国土空间规划和用途管制要求，颁发此证。",
            "",
        ),
        items: (1..=8).map(|n| item(&format!("第 {n} 项内容"), "140000 平方米，狮山街道金山路以东")).collect(),
        conditions: vec!["开工前补交计算书".into()],
        replaces: None,
    }
}

/// The font is unpacked once, at the first certificate.
#[divan::bench]
fn page(bencher: Bencher) {
    let certificate = certificate();
    print(&certificate, "https://example.org/verify/x", "abc").unwrap();
    bencher.bench(|| print(&certificate, "https://example.org/verify/x", "abc").unwrap());
}
