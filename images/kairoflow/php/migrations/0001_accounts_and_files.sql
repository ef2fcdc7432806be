CREATE TABLE accounts (
    id            uuid PRIMARY KEY,
    email         text NOT NULL UNIQUE CHECK (email = lower(email)),
    password_hash text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE files (
    id         uuid PRIMARY KEY,
    owner_id   uuid REFERENCES accounts (id),
    collection text NOT NULL CHECK (collection IN ('uploads', 'recordings', 'transcriptions')),
    name       text NOT NULL,
    media_type text NOT NULL,
    bytes      bigint NOT NULL CHECK (bytes >= 0),
    sha256     text NOT NULL CHECK (length(sha256) = 64),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX files_of_owner ON files (owner_id, created_at DESC, id DESC);
