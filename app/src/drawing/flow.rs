//! The flow chart (审批流程图): matters as boxes, dependencies as lines; columns are stages, bands the two lines.

use super::{Canvas, Drawing, escape, fit, ink, n, pick, wrap};
use domain::Lang;
use domain::catalogue::{Catalogue, Line, Unit};
use domain::guide::GuideMap;
use domain::plan::Plan;
use rust_sugiyama::configure::{Config, RankingType};
use std::collections::BTreeMap;

/// How a matter stands, for a project's chart: a code and a word.
pub type States = BTreeMap<String, (&'static str, String)>;

const BOX: (f64, f64) = (150.0, 58.0);
const GAP: (f64, f64) = (34.0, 14.0);
const HEAD: f64 = 46.0;
const BAND: f64 = 28.0;
const PAD: f64 = 12.0;

struct Node {
    place: usize,
    stage: usize,
    line: Line,
    critical: bool,
    /// Left upper corner.
    at: (f64, f64),
}

struct Edge {
    from: usize,
    to: usize,
    preview: bool,
}

/// Draws the chart of a map. `plan` marks the critical matters; `states` is of a project.
pub fn draw(catalogue: &Catalogue, map: &GuideMap, plan: Option<&Plan>, states: &States, lang: Lang) -> Drawing {
    let mut nodes: Vec<Node> = map
        .entries
        .iter()
        .enumerate()
        .map(|(place, entry)| Node {
            place,
            stage: catalogue.stages.iter().position(|s| s.id == entry.matter.stage).unwrap_or_default(),
            line: entry.matter.line,
            critical: plan.is_some_and(|plan| {
                (0..plan.tasks.len()).any(|i| plan.tasks[i].matter.as_ref() == Some(&entry.matter.id) && plan.is_critical(i))
            }),
            at: (0.0, 0.0),
        })
        .collect();
    let all = edges(map);
    let ranks = ranks(&nodes, &all, catalogue.stages.len());
    let (width, bands, columns) = place(&mut nodes, &ranks);
    let height = bands[1] + PAD;
    let mut canvas = Canvas::default();
    canvas.rect(0.0, 0.0, width, height, &format!("fill=\"{}\"", ink::SURFACE));
    grounds(&mut canvas, catalogue, lang, &columns, width, &bands);
    for edge in reduce(&all, nodes.len()) {
        line(&mut canvas, &nodes[edge.from], &nodes[edge.to], edge.preview);
    }
    for node in &nodes {
        matter(&mut canvas, map, node, states, lang);
    }
    canvas.finish(width, height, lang, &pick(lang, "审批流程图", "Flow chart of the approvals"))
}

/// Dependencies between matters that apply.
fn edges(map: &GuideMap) -> Vec<Edge> {
    let place: BTreeMap<&str, usize> = map.entries.iter().enumerate().map(|(i, e)| (e.matter.id.as_str(), i)).collect();
    let all = map.entries.iter().enumerate();
    all.flat_map(|(to, e)| e.matter.depends_on.iter().map(move |d| (to, d)))
        .filter_map(|(to, d)| Some(Edge { from: *place.get(d.on.as_str())?, to, preview: d.preview }))
        .collect()
}

/// The layer of each matter and its place within, by the layout library. Gates between the stages, which every
/// matter of a stage comes after and before, keep the stages in columns.
fn ranks(nodes: &[Node], edges: &[Edge], stages: usize) -> Vec<(usize, f64)> {
    if nodes.is_empty() {
        return Vec::new();
    }
    let id = |i: usize| i as u32;
    let gate = |stage: usize| id(nodes.len() + stage);
    let mut links: Vec<(u32, u32)> = edges.iter().map(|e| (id(e.from), id(e.to))).collect();
    for (i, node) in nodes.iter().enumerate() {
        links.push((gate(node.stage), id(i)));
        links.push((id(i), gate(node.stage + 1)));
    }
    links.extend((0..stages).map(|s| (gate(s), gate(s + 1))));
    links.sort_unstable();
    links.dedup();
    let config = Config { ranking_type: RankingType::Up, vertex_spacing: 10.0, ..Config::default() };
    let layouts = rust_sugiyama::from_edges(&links, &config);
    let mut at = vec![(0.0, 0.0); nodes.len()];
    for (vertex, (x, y)) in layouts.into_iter().flat_map(|(vertices, ..)| vertices) {
        if let Some(place) = at.get_mut(vertex) {
            *place = (x, y);
        }
    }
    // Layers that hold matters, in the direction in which links lead.
    let mut layers: Vec<i64> = at.iter().map(|(_, y)| (y * 10.0).round() as i64).collect();
    let upward = edges.iter().any(|e| at[e.from].1 > at[e.to].1);
    if upward {
        layers.iter_mut().for_each(|y| *y = -*y);
    }
    let mut sorted = layers.clone();
    sorted.sort_unstable();
    sorted.dedup();
    layers.iter().zip(&at).map(|(y, (x, _))| (sorted.binary_search(y).unwrap_or_default(), *x)).collect()
}

/// Puts every matter in its column and band. Gives the width, where the bands end, and each stage's columns.
fn place(nodes: &mut [Node], ranks: &[(usize, f64)]) -> (f64, [f64; 2], Vec<(usize, f64, f64)>) {
    let columns = ranks.iter().map(|(rank, _)| rank + 1).max().unwrap_or(0);
    let mut rows = [0usize; 2];
    let mut stages: Vec<(usize, f64, f64)> = Vec::new();
    let left = |rank: usize| PAD + rank as f64 * (BOX.0 + GAP.0);
    let mut in_column: Vec<[Vec<usize>; 2]> = vec![Default::default(); columns];
    for (i, (rank, _)) in ranks.iter().enumerate() {
        in_column[*rank][usize::from(nodes[i].line == Line::Construction)].push(i);
    }
    for column in &mut in_column {
        for (line, cell) in column.iter_mut().enumerate() {
            cell.sort_by(|a, b| ranks[*a].1.total_cmp(&ranks[*b].1).then(a.cmp(b)));
            rows[line] = rows[line].max(cell.len());
        }
    }
    let band = |rows: usize| BAND + rows.max(1) as f64 * (BOX.1 + GAP.1);
    let tops = [HEAD, HEAD + band(rows[0])];
    for (rank, column) in in_column.iter().enumerate() {
        for (line, cell) in column.iter().enumerate() {
            for (row, i) in cell.iter().enumerate() {
                nodes[*i].at = (left(rank), tops[line] + BAND + row as f64 * (BOX.1 + GAP.1));
                let (stage, from, to) = (nodes[*i].stage, left(rank), left(rank) + BOX.0);
                match stages.iter_mut().find(|(s, ..)| *s == stage) {
                    Some((_, a, b)) => (*a, *b) = (a.min(from), b.max(to)),
                    None => stages.push((stage, from, to)),
                }
            }
        }
    }
    stages.sort_by_key(|(stage, ..)| *stage);
    (left(columns.max(1)) - GAP.0 + PAD, [tops[1], tops[1] + band(rows[1])], stages)
}

fn grounds(canvas: &mut Canvas, catalogue: &Catalogue, lang: Lang, columns: &[(usize, f64, f64)], width: f64, bands: &[f64; 2]) {
    canvas.rect(0.0, HEAD, width, bands[0] - HEAD, &format!("fill=\"{}\"", ink::GROUND));
    canvas.line(0.0, bands[0], width, bands[0], &format!("stroke=\"{}\"", ink::EDGE_STRONG));
    for (top, line) in [(HEAD, Line::Land), (bands[0], Line::Construction)] {
        canvas.text(PAD, top + 19.0, 12.0, ink::MUTED, "font-weight=\"600\"", line.name().get(lang));
    }
    for (i, (stage, from, to)) in columns.iter().enumerate() {
        let name = catalogue.stages.get(*stage).map(|s| s.name.get(lang)).unwrap_or_default();
        let title = fit(&format!("{} {name}", stage + 1), (to - from) / 14.0);
        canvas.text(*from, 28.0, 14.0, ink::BRAND, "font-weight=\"650\"", &title);
        canvas.line(*from, HEAD - 8.0, *to, HEAD - 8.0, &format!("stroke=\"{}\" stroke-width=\"3\"", ink::BRAND));
        if i > 0 {
            let x = from - GAP.0 / 2.0;
            canvas.line(x, 8.0, x, bands[1], &format!("stroke=\"{}\" stroke-dasharray=\"2 4\"", ink::EDGE_STRONG));
        }
    }
}

/// Leaves out what a longer way says already.
fn reduce(edges: &[Edge], count: usize) -> Vec<&Edge> {
    let mut after = vec![Vec::new(); count];
    for e in edges {
        after[e.from].push(e.to);
    }
    let longer = |edge: &Edge| {
        let mut open: Vec<usize> = after[edge.from].iter().copied().filter(|n| *n != edge.to).collect();
        let mut seen = vec![false; count];
        while let Some(i) = open.pop() {
            if i == edge.to {
                return true;
            }
            if !std::mem::replace(&mut seen[i], true) {
                open.extend(&after[i]);
            }
        }
        false
    };
    edges.iter().filter(|e| !longer(e)).collect()
}

fn line(canvas: &mut Canvas, from: &Node, to: &Node, preview: bool) {
    let (x1, y1) = (from.at.0 + BOX.0, from.at.1 + BOX.1 / 2.0);
    let (x2, y2) = (to.at.0, to.at.1 + BOX.1 / 2.0);
    let bend = ((x2 - x1) / 2.0).clamp(14.0, 90.0);
    let critical = from.critical && to.critical;
    let (stroke, width) = if critical { (ink::BRAND, 3.0) } else { (ink::EDGE_STRONG, 1.2) };
    let dashes = if preview { " stroke-dasharray=\"5 4\"" } else { "" };
    canvas.put(format_args!(
        "<path d=\"M{} {}C{} {} {} {} {} {}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{width}\"{dashes}/>",
        n(x1),
        n(y1),
        n(x1 + bend),
        n(y1),
        n(x2 - bend),
        n(y2),
        n(x2 - 5.0),
        n(y2)
    ));
    canvas.put(format_args!("<path d=\"M{} {}l-6 -3.5v7z\" fill=\"{stroke}\"/>", n(x2), n(y2)));
}

fn colours(state: &str) -> (&'static str, &'static str) {
    match state {
        "issued" | "decided" => (ink::DONE_WEAK, ink::DONE),
        "accepted" | "filed" => (ink::GOING_WEAK, ink::GOING),
        "ready" | "prepared" | "paused" => (ink::TURN_WEAK, ink::TURN),
        "refused" => (ink::ERROR_WEAK, ink::ERROR),
        _ => (ink::SURFACE, ink::MUTED),
    }
}

fn matter(canvas: &mut Canvas, map: &GuideMap, node: &Node, states: &States, lang: Lang) {
    let entry = &map.entries[node.place];
    let m = entry.matter;
    let (x, y) = node.at;
    let state = states.get(m.id.as_str());
    let (fill, strong) = state.map_or((ink::SURFACE, ink::MUTED), |(code, _)| colours(code));
    let (stroke, width) = if node.critical { (ink::BRAND, 2.5) } else { (ink::EDGE_STRONG, 1.0) };
    let word = match state {
        Some((_, word)) => word.clone(),
        None => Unit::Workday.count(entry.promised_workdays).get(lang).to_string(),
    };
    let critical = if node.critical { pick(lang, " · 关键", " · critical") } else { String::new() };
    canvas.put(format_args!("<a href=\"/matters/{}\"><title>{}</title>", m.id, escape(m.name.get(lang))));
    canvas.rect(x, y, BOX.0, BOX.1, &format!("rx=\"5\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"{width}\""));
    if m.six_permits {
        canvas.rect(x, y, 5.0, BOX.1, &format!("rx=\"2\" fill=\"{}\"", ink::BRAND));
    }
    // English says the same in more letters.
    let size = if lang == Lang::En { 10.5 } else { 12.0 };
    for (i, words) in wrap(m.name.get(lang), (BOX.0 - 14.0) / size, 2).iter().enumerate() {
        canvas.text(x + 11.0, y + 17.0 + i as f64 * 15.0, size, ink::TEXT, "font-weight=\"600\"", words);
    }
    canvas.text(x + 11.0, y + BOX.1 - 8.0, 10.5, strong, "", &fit(&format!("{word}{critical}"), (BOX.0 - 16.0) / 10.5));
    canvas.put(format_args!("</a>"));
}
