//! Points and boundaries on the ground, as people paste them from a survey: one point a line, `x, y`.

use crate::text;
use crate::text::Text;

/// A point as two coordinates, `x` and `y`, as they were typed.
pub type Point = (f64, f64);
/// Corners of a boundary; more than any parcel has.
const MOST: usize = 2000;

fn points(typed: &str) -> Result<Vec<Point>, Text> {
    let mut found = Vec::new();
    for (i, line) in typed.split(['\n', ';', '；']).map(str::trim).enumerate().filter(|(_, line)| !line.is_empty()) {
        let parts: Vec<&str> = line.split([',', '，', ' ', '\t']).map(str::trim).filter(|p| !p.is_empty()).collect();
        // A line may begin with the name of its point (J1).
        let numbers = match parts[..] {
            [x, y] => x.parse().ok().zip(y.parse().ok()),
            [_, x, y] => x.parse().ok().zip(y.parse().ok()),
            _ => None,
        };
        match numbers.filter(|(x, y): &Point| x.is_finite() && y.is_finite()) {
            Some(point) => found.push(point),
            None => {
                return Err(text!("第 {} 行应为一个点，写作“x, y”。", "Line {} should be a point, written `x, y`.", i + 1));
            }
        }
        if found.len() > MOST {
            return Err(text!("界址点最多 {MOST} 个。", "At most {MOST} points."));
        }
    }
    Ok(found)
}

/// # Errors
/// A sentence: it is not one point.
pub fn point(typed: &str) -> Result<Point, Text> {
    match points(typed)?[..] {
        [point] => Ok(point),
        _ => Err(text!("应为一个点，写作“x, y”。", "One point, written `x, y`.")),
    }
}

/// The corners of a boundary, the first not repeated at the end.
///
/// # Errors
/// A sentence: fewer than three corners, not closed, or a side that crosses another.
pub fn polygon(typed: &str) -> Result<Vec<Point>, Text> {
    let mut corners = points(typed)?;
    if corners.len() < 4 {
        return Err(text!(
            "至少三个界址点，末点与首点相同以闭合。",
            "At least three corners, and the last point the same as the first, which closes it."
        ));
    }
    if corners.first() != corners.last() {
        return Err(text!("没有闭合：末点应与首点相同。", "It is not closed: the last point should be the first."));
    }
    corners.pop();
    let n = corners.len();
    let side = |i: usize| (corners[i], corners[(i + 1) % n]);
    for i in 0..n {
        for j in i + 1..n {
            let neighbours = j == i + 1 || (i == 0 && j == n - 1);
            if !neighbours && crosses(side(i), side(j)) {
                return Err(text!(
                    "界线自相交：第 {} 边与第 {} 边相交。",
                    "The boundary crosses itself: side {} meets side {}.",
                    i + 1,
                    j + 1
                ));
            }
        }
    }
    Ok(corners)
}

fn turn(a: Point, b: Point, c: Point) -> f64 {
    (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
}

fn crosses((a, b): (Point, Point), (c, d): (Point, Point)) -> bool {
    let (d1, d2, d3, d4) = (turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b));
    if ((d1 > 0.0 && d2 < 0.0) || (d1 < 0.0 && d2 > 0.0)) && ((d3 > 0.0 && d4 < 0.0) || (d3 < 0.0 && d4 > 0.0)) {
        return true;
    }
    let within = |p: Point, q: Point, r: Point, flat: f64| {
        flat == 0.0 && r.0 >= p.0.min(q.0) && r.0 <= p.0.max(q.0) && r.1 >= p.1.min(q.1) && r.1 <= p.1.max(q.1)
    };
    within(a, b, c, d1) || within(a, b, d, d2) || within(c, d, a, d3) || within(c, d, b, d4)
}

/// The area in m², where the points are in metres (CGCS2000 projected); degrees give none.
pub fn area(typed: &str) -> Option<f64> {
    let corners = polygon(typed).ok()?;
    if corners.iter().any(|(x, y)| x.abs() < 1000.0 || y.abs() < 1000.0) {
        return None;
    }
    // From the first corner, so that large coordinates cost no digits.
    let (x0, y0) = corners.first().copied()?;
    let mut sum = 0.0;
    for (i, (x, y)) in corners.iter().enumerate() {
        let (next_x, next_y) = corners[(i + 1) % corners.len()];
        sum += (x - x0) * (next_y - y0) - (next_x - x0) * (y - y0);
    }
    Some(sum.abs() / 2.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    const FIELD: &str = "J1, 3467000, 502000\nJ2, 3467000, 502200\nJ3, 3467210, 502200\nJ4, 3467210, 502000\nJ1, 3467000, 502000";

    #[test]
    fn a_boundary_is_closed_and_does_not_cross_itself() {
        assert_eq!(polygon(FIELD).unwrap().len(), 4);
        assert_eq!(area(FIELD), Some(42_000.0));
        assert!(polygon("0,0\n1,0\n1,1").unwrap_err().zh.contains("三个"));
        assert!(polygon("0,0\n1,0\n1,1\n0,1").unwrap_err().zh.contains("没有闭合"));
        assert!(polygon("0,0\n1,1\n1,0\n0,1\n0,0").unwrap_err().zh.contains("自相交"));
        assert!(point("1,2\n3,4").is_err());
        assert_eq!(point("120.55, 31.3"), Ok((120.55, 31.3)));
        assert!(points("一, 二").unwrap_err().zh.contains("第 1 行"));
        assert_eq!(area("120.1,31.1\n120.2,31.1\n120.2,31.2\n120.1,31.1"), None, "degrees");
    }
}
