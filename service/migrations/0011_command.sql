-- What was asked under a form's key, as a digest: another content under the same key is refused. A key is stored as a digest of
-- the account, the stream and what the client sent; rows from before have other keys and are never met again.
alter table command add column asked text;
