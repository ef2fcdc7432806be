-- message_key: what makes two deliveries one message.
CREATE TABLE messages (
    id          uuid PRIMARY KEY,
    message_key text NOT NULL UNIQUE,
    owner_id    uuid REFERENCES accounts (id),
    sender      text NOT NULL,
    recipient   text NOT NULL,
    subject     text NOT NULL,
    body        text NOT NULL,
    bytes       bigint NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX messages_of_owner ON messages (owner_id, received_at DESC, id DESC);

ALTER TABLE files ADD COLUMN message_id uuid REFERENCES messages (id);
CREATE INDEX files_of_message ON files (message_id);
