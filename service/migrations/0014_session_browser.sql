-- Which browser on which system a session began in, so that its person knows it from the others: two short codes
-- (domain/src/browser.rs), not what the browser says of itself. Empty: it began before this was written down.
alter table session add column browser text not null default '';
