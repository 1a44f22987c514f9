//! The demonstration: accounts for every role, the Shishan case as it went, and a young project to
//! work on. Only made when asked for.

use crate::account::{self, NewAccount, Password};
use crate::case::Place;
use crate::error::{Error, Fault};
use crate::project::{self, Sent};
use crate::{Service, catalogue};
use domain::case::Case;
use domain::guide::Answers;
use domain::role::Role;

/// The password of every demonstration account. They exist only where the demonstration was asked for.
pub const PASSWORD: &str = "quanlian-demo";

/// Login, name, role, firm, office.
pub const ACCOUNTS: [(&str, &str, Role, &str, Option<&str>); 12] = [
    ("qiye", "王敏", Role::Enterprise, "苏州新芯生物科技有限公司", None),
    ("qiye2", "赵强", Role::Enterprise, "苏州云启装备有限公司", None),
    ("daiban", "李静", Role::Agent, "全链管理办公室", None),
    ("daiban2", "孙浩", Role::Agent, "全链管理办公室", None),
    ("shouxi", "陈立", Role::LeadOfficer, "全链管理办公室", None),
    ("gugan", "顾明", Role::BackboneOfficer, "自然资源和规划部门", Some("natural-resources")),
    ("zhugui", "周宁", Role::Department, "自然资源和规划部门", Some("natural-resources")),
    ("zhaoshang", "吴桐", Role::Department, "招商部门", Some("investment-promotion")),
    ("shuiwu", "沈涛", Role::Department, "水务部门", Some("water-affairs")),
    ("fenguan", "何勇", Role::DepartmentHead, "自然资源和规划部门", Some("natural-resources")),
    ("lingdao", "马骏", Role::DistrictLeader, "区管委会（区政府）", Some("district-government")),
    ("duban", "杜宇", Role::Supervisor, "全链管理办公室", None),
];

/// Areas of the demonstration and who leads there.
const AREAS: [&str; 3] = ["狮山", "科技城", "浒墅关"];

/// Makes what is missing of the demonstration. Says whether anything was made.
///
/// # Errors
/// The database failed, or the rules refuse the case.
pub async fn ensure(service: &Service) -> Result<bool, Error> {
    let mut password = None;
    for (login, name, role, firm, office) in ACCOUNTS {
        if account::by_login(&service.db, login).await?.is_some() {
            continue;
        }
        // Hashed once for all of them: a hash takes time and memory on purpose.
        let hashed = match &password {
            Some(hashed) => hashed,
            None => password.insert(account::hashed(&service.context(None), PASSWORD.to_string()).await?),
        };
        let matters = match role {
            Role::BackboneOfficer => {
                service.catalogue.matters.iter().filter(|m| Some(m.department.as_str()) == office).map(|m| m.id.clone()).collect()
            }
            _ => Vec::new(),
        };
        let areas = if role == Role::LeadOfficer { AREAS.map(str::to_string).to_vec() } else { Vec::new() };
        let new = NewAccount {
            login: login.into(),
            name: name.into(),
            role,
            firm: firm.into(),
            office: office.map(Into::into),
            password: Some(Password::Hashed(hashed.clone())),
            areas,
            matters,
        };
        account::add(service, new).await?;
    }
    if !crate::verify::cards(service).await?.is_empty() {
        return Ok(false);
    }
    let case = Case::read(&service.catalogue, "case-shishan.yaml", catalogue::SHISHAN);
    let case = case.map_err(|mistakes| Fault::from(mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
    let place = Place {
        area: AREAS[0].into(),
        owner_firm: "狮山生物医药创新基地项目公司（情景）".into(),
        agent: "daiban".into(),
        owner: "case.owner".into(),
    };
    crate::case::load(service, &case, &place).await?;
    let owner = account::by_login(&service.db, "qiye").await?.ok_or_else(|| Fault::from("the demonstration's enterprise is missing"))?;
    let actor = account::actor(&service.db, &owner).await?;
    let pairs = [
        ("project_category", "mixed"),
        ("industry", "medical-device"),
        ("needs_project_company", "true"),
        ("site_area_sqm", "26000"),
        ("gross_floor_area_sqm", "52000"),
        ("building_height_m", "45"),
        ("total_investment_10k", "38000"),
        ("earthwork_m3", "30000"),
        ("has_civil_buildings", "true"),
        ("site_constraints", "river-control"),
        ("hazchem_level", "use"),
        ("occupational_hazard", "general"),
        ("special_equipment", "true"),
        ("product_types", "device-2-3"),
        ("key_project_level", "district"),
    ];
    let answers =
        Answers::from_pairs(&service.catalogue, pairs).map_err(|_| Fault::from("the demonstration's answers do not fit this catalogue"))?;
    project::open(&service.context(actor), "新芯体外诊断试剂基地", AREAS[1], answers, Sent::default()).await?;
    Ok(true)
}
