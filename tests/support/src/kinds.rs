//! Eight kinds of project by their answers; what is not said has its default.

/// Attribute and value.
pub type Kind = &'static [(&'static str, &'static str)];

/// A plain factory on granted land.
pub const A_PLAIN_FACTORY: Kind =
    &[("site_area_sqm", "20000"), ("gross_floor_area_sqm", "30000"), ("total_investment_10k", "20000"), ("earthwork_m3", "8000")];

/// A government school on allocated land.
pub const A_GOVERNMENT_SCHOOL: Kind = &[
    ("investment_type", "government"),
    ("project_category", "public"),
    ("land_mode", "allocation"),
    ("gross_floor_area_sqm", "40000"),
    ("total_investment_10k", "30000"),
    ("has_civil_buildings", "yes"),
];

/// The same school where farmland of a village has to be acquired first.
pub const A_SCHOOL_ON_LAND_TO_BE_ACQUIRED: Kind = &[
    ("investment_type", "government"),
    ("project_category", "public"),
    ("land_mode", "allocation"),
    ("collective_land_acquisition", "yes"),
    ("farmland_conversion", "yes"),
];

/// A clean-room refit in a building the firm has.
pub const A_CLEAN_ROOM_REFIT: Kind = &[
    ("construction_nature", "interior-renovation"),
    ("land_mode", "existing"),
    ("industry", "medical-device"),
    ("product_types", "device-2-3"),
    ("gross_floor_area_sqm", "2500"),
    ("total_investment_10k", "1500"),
    ("special_fire_project", "true"),
];

/// A chemical plant on the verification list, on ground that was polluted.
pub const A_CHEMICAL_PLANT: Kind = &[
    ("industry", "chemical"),
    ("on_verification_list", "yes"),
    ("previous_polluting_use", "yes"),
    ("hazchem_level", "produce"),
    ("eia_category", "report-book"),
    ("discharge_class", "key"),
    ("occupational_hazard", "serious"),
    ("gross_floor_area_sqm", "20000"),
    ("total_investment_10k", "80000"),
];

/// A foreign firm that leases its land and founds a company.
pub const A_FOREIGN_FIRM_ON_LEASED_LAND: Kind = &[
    ("foreign_investment", "yes"),
    ("needs_project_company", "yes"),
    ("land_mode", "lease"),
    ("gross_floor_area_sqm", "12000"),
    ("total_investment_10k", "9000"),
];

/// An office and research building with a duty of civil defence.
pub const A_RESEARCH_BUILDING: Kind = &[
    ("project_category", "research"),
    ("industry", "software-rnd"),
    ("eia_category", "exempt"),
    ("discharge_class", "none"),
    ("gross_floor_area_sqm", "50000"),
    ("total_investment_10k", "60000"),
    ("has_civil_buildings", "yes"),
];

/// An expansion on the firm's own land.
pub const AN_EXPANSION_ON_OWN_LAND: Kind =
    &[("construction_nature", "expansion"), ("land_mode", "existing"), ("gross_floor_area_sqm", "8000"), ("total_investment_10k", "5000")];

/// All of them.
pub const ALL: [Kind; 8] = [
    A_PLAIN_FACTORY,
    A_GOVERNMENT_SCHOOL,
    A_SCHOOL_ON_LAND_TO_BE_ACQUIRED,
    A_CLEAN_ROOM_REFIT,
    A_CHEMICAL_PLANT,
    A_FOREIGN_FIRM_ON_LEASED_LAND,
    A_RESEARCH_BUILDING,
    AN_EXPANSION_ON_OWN_LAND,
];
