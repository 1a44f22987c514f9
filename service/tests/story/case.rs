use domain::case::Case;
use domain::log::Recorded;
use domain::project::matter::Progress;
use service::case::{Place, load};
use service::verify::verify;
use test_support::story;

story! {
    /// The documented case goes through the same commands as live work.
    async fn the_shishan_case_replays_to_six_permits_on_one_afternoon(world) {
        let case = Case::read(&world.service.catalogue, "case-shishan.yaml", service::catalogue::SHISHAN).unwrap();
        let place = Place { area: "狮山".into(), owner_firm: "项目公司".into(), agent: "li".into(), owner: "case.owner".into() };
        let id = load(&world.service, &case, &place).await.unwrap();
        let view = world.sees("chen", &id).await.unwrap();
        let project = &view.project;
        assert_eq!(project.matters.len(), 54);
        let open: Vec<_> = project.matters.iter().filter(|(_, m)| m.progress != Progress::Issued).map(|(id, _)| id).collect();
        assert!(open.is_empty(), "{open:?}");
        let six: Vec<_> = world.service.catalogue.matters.iter().filter(|m| m.six_permits).map(|m| &project.matters[&m.id]).collect();
        assert_eq!(six.len(), 6);
        assert!(six.iter().all(|m| m.issued_at.unwrap().date().to_string() == "2022-09-13"));
        // The six are facts of the article; what merely leads up to them is assumed and says so.
        assert!(six.iter().all(|m| !m.assumed));
        assert!(project.assumed);
        let events = world.service.log.read(&id, 0, 10_000).await.unwrap();
        let facts = events.iter().filter(|e| matches!(e, Recorded::Open { assumed: false, .. })).count();
        assert_eq!(facts, 13, "of {}", events.len());
        assert!(domain::log::verify(&events).is_ok());
        verify(&world.service).await.unwrap().unwrap();
    }
}
