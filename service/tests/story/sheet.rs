use domain::id::Id;
use domain::project::{Request, sheet};
use domain::sheet::Values;
use service::sheet::{fill, history, view};
use test_support::story;
use test_support::world::*;

fn values(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|(id, value)| (Id::from(*id), value.to_string())).collect()
}

story! {
    async fn the_sheet_is_begun_at_the_first_look_with_what_is_known(world) {
        let id = world.project().await;
        let seen = view(&world.as_("zhou").await, &id).await.unwrap();
        let value = |field: &str| seen.entries.get(field).map(|e| (e.value.clone(), e.own));
        assert_eq!(value("gross_floor_area"), Some(("30000".into(), true)));
        assert_eq!(value("applicant_name"), Some(("新芯公司".into(), true)));
        assert_eq!(view(&world.as_("zhao").await, &id).await.map_err(sentence).unwrap_err(), "没有找到，或您无权查看。");
        // A second look, also by another server, begins nothing again.
        let second = world.second_server().await;
        assert_eq!(view(&world.at(&second, "wang").await, &id).await.unwrap().entries, seen.entries);
    }
}

story! {
    async fn fields_are_filled_in_checked_and_keep_their_history(world) {
        let id = world.project().await;
        let (wang, li) = (world.as_("wang").await, world.as_("li").await);
        fill(&li, &id, values(&[("total_investment", "8万"), ("uscc", "9135")])).await.map_err(sentence).unwrap_err();
        assert!(!view(&wang, &id).await.unwrap().entries.contains_key("uscc"), "nothing of a wrong form is kept");
        fill(&li, &id, values(&[("total_investment", "80,000"), ("uscc", "91350100M000100Y43")])).await.unwrap();
        world.service.clock.advance_seconds(600);
        fill(&wang, &id, values(&[("total_investment", "90000")])).await.unwrap();
        let seen = view(&wang, &id).await.unwrap();
        let entry = &seen.entries["total_investment"];
        assert_eq!((entry.value.as_str(), entry.own), ("90000", true));
        assert!(!seen.entries["uscc"].own);
        let told: Vec<String> =
            history(&wang, &id, "project", Some("total_investment")).await.unwrap().into_iter().map(|c| c.entry.value).collect();
        assert_eq!(told, ["90000", "80000", "20000"]);
        let refused = fill(&wang, &id, values(&[("land_price", "1")])).await.map_err(sentence).unwrap_err();
        assert_eq!(refused, "“起始价（评估地价）”由自然资源和规划部门填写。");
        fill(&world.as_("zhou").await, &id, values(&[("land_price", "3000")])).await.unwrap();
    }
}

story! {
    async fn only_the_latest_state_of_a_field_can_be_confirmed(world) {
        let id = world.project().await;
        let li = world.as_("li").await;
        fill(&li, &id, values(&[("total_investment", "80000")])).await.unwrap();
        let seq = view(&li, &id).await.unwrap().entries["total_investment"].seq;
        fill(&li, &id, values(&[("total_investment", "81000")])).await.unwrap();
        let confirm = |seq| Request::Sheet { request: sheet::Request::Confirm { fields: vec![("total_investment".into(), seq)] } };
        let refused = world.does("wang", &id, confirm(seq)).await.unwrap_err();
        assert_eq!(refused, "“项目总投资”在您看过之后又有改动，没有确认；请再看一遍。");
        world.does("wang", &id, confirm(seq + 1)).await.unwrap();
        let project = world.sees("wang", &id).await.unwrap().project;
        assert_eq!(project.sheet.confirmed["total_investment"].seq, seq + 1);
        let ready = |seq| Request::Sheet { request: sheet::Request::MarkReady { section: "project".into(), seq } };
        world.does("li", &id, ready(seq)).await.unwrap_err();
        world.does("li", &id, ready(seq + 1)).await.unwrap();
    }
}

story! {
    async fn two_servers_filling_in_at_once_lose_nothing(world) {
        let id = world.project().await;
        view(&world.as_("wang").await, &id).await.unwrap();
        let second = world.second_server().await;
        let fields = ["main_products", "construction_scale", "construction_content", "headcount", "fixed_asset_investment"];
        let mut tasks = Vec::new();
        for (i, field) in fields.into_iter().enumerate() {
            let service = if i % 2 == 0 { &world.service } else { &second };
            let (cx, id) = (world.at(service, "wang").await, id.clone());
            tasks.push(tokio::spawn(async move { fill(&cx, &id, values(&[(field, "12345678901")])).await }));
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let seen = view(&world.at(&second, "li").await, &id).await.unwrap();
        for field in fields {
            assert_eq!(seen.entries[field].value, "12345678901", "{field}");
        }
        let sections = world.service.sheets.load(&world.service.catalogue.form, &format!("{id}.project"), "project").await.unwrap().unwrap();
        assert_eq!(sections.document.values().get("main_products").map(String::as_str), Some("12345678901"));
    }
}

story! {
    /// Somebody took the newest update away in the database: a fault, and not an answer that never comes.
    async fn a_sheet_that_has_lost_its_newest_update_is_a_fault(world) {
        let id = world.project().await;
        let li = world.as_("li").await;
        fill(&li, &id, values(&[("total_investment", "80000")])).await.unwrap();
        let newest = "delete from sheet_update where document like '%.project' and seq = \
                      (select max(seq) from sheet_update where document like '%.project')";
        sqlx::query(newest).execute(world.service.db.pool()).await.unwrap();
        let lost = fill(&li, &id, values(&[("total_investment", "81000")])).await.unwrap_err();
        let service::Error::Fault(fault) = lost else { panic!("{lost:?}") };
        assert!(fault.to_string().contains("are not stored"), "{fault}");
    }
}

story! {
    async fn a_document_stays_small_and_keeps_its_history(world) {
        let id = world.project().await;
        let li = world.as_("li").await;
        for i in 0..600 {
            fill(&li, &id, values(&[("headcount", &i.to_string())])).await.unwrap();
        }
        let name = format!("{id}.project");
        let form = &world.service.catalogue.form;
        let loaded = world.service.sheets.load(form, &name, "project").await.unwrap().unwrap();
        assert!(loaded.loose > 500);
        let (seq, document) = (loaded.seq, loaded.document);
        assert!(world.service.sheets.compact(&name, &id, seq, loaded.loose, || document.whole()).await.unwrap());
        let again = world.service.sheets.load(form, &name, "project").await.unwrap().unwrap();
        assert_eq!((again.loose, again.seq), (0, seq));
        assert_eq!(again.document.values(), document.values());
        assert!(document.whole().len() < 20_000, "{} bytes", document.whole().len());
        assert!(!history(&li, &id, "project", Some("headcount")).await.unwrap().is_empty());
        fill(&li, &id, values(&[("headcount", "7")])).await.unwrap();
        assert_eq!(view(&li, &id).await.unwrap().entries["headcount"].value, "7");
    }
}

story! {
    async fn what_is_merged_into_the_whole_is_missed_by_nobody(world) {
        let id = world.project().await;
        let li = world.as_("li").await;
        fill(&li, &id, values(&[("total_investment", "80000")])).await.unwrap();
        let (sheets, second) = (&world.service.sheets, world.second_server().await);
        let name = service::sheet::document_name(&id, "project");
        let form = &world.service.catalogue.form;
        let seen = sheets.last(&name).await.unwrap();
        fill(&li, &id, values(&[("total_investment", "81000")])).await.unwrap();
        assert_eq!(sheets.since(&name, seen).await.unwrap().unwrap().len(), 1);
        // Another server merges what this one has not seen yet.
        let loaded = second.sheets.load(form, &name, "project").await.unwrap().unwrap();
        assert!(second.sheets.compact(&name, &id, loaded.seq, 500, || loaded.document.whole()).await.unwrap());
        assert!(sheets.since(&name, seen).await.unwrap().is_none(), "a gap is not nothing");
        assert_eq!(sheets.since(&name, loaded.seq).await.unwrap().unwrap(), []);
        let again = sheets.load(form, &name, "project").await.unwrap().unwrap();
        assert_eq!((again.seq, again.loose), (loaded.seq, 0));
        assert_eq!(again.document.values()["total_investment"], "81000");
        fill(&li, &id, values(&[("total_investment", "82000")])).await.unwrap();
        assert_eq!(sheets.since(&name, loaded.seq).await.unwrap().unwrap().len(), 1);
    }
}
