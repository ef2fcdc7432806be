"""Conversations: what was said in the chat, kept for its account."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, func, select, update
from starlette.exceptions import HTTPException

from pakaura.accounts import LoggedIn
from pakaura.assistants import Turn
from pakaura.database import Sessions
from pakaura.schema import REPLY_LENGTH, Conversation, Message
from pakaura.services import PREFIX, FromServices

_MOST_LISTED = 50
_MOST_MESSAGES = 200
_REMEMBERED = 20


class Conversations:
    """The conversations of one account."""

    def __init__(self, sessions: Sessions, account: UUID) -> None:
        self._sessions = sessions
        self._account = account

    async def all(self) -> Sequence[Conversation]:
        """Give the conversations, the latest first."""
        async with self._sessions() as session:
            asked = select(Conversation).where(Conversation.account_id == self._account)
            return (await session.scalars(asked.order_by(Conversation.changed_at.desc()).limit(_MOST_LISTED))).all()

    async def has(self, conversation: UUID) -> bool:
        """Tell whether it is one of this account's."""
        async with self._sessions() as session:
            asked = select(Conversation.id).where(Conversation.id == conversation)
            return await session.scalar(asked.where(Conversation.account_id == self._account)) is not None

    async def messages(self, conversation: UUID, last: int = _MOST_MESSAGES) -> Sequence[Message]:
        """Give the last messages, in the order in which they were said."""
        async with self._sessions() as session:
            asked = select(Message).join(Conversation).where(Conversation.id == conversation)
            own = asked.where(Conversation.account_id == self._account).order_by(Message.id.desc()).limit(last)
            return (await session.scalars(own)).all()[::-1]

    async def turns(self, conversation: UUID) -> list[Turn]:
        """Give what an assistant should remember."""
        said = await self.messages(conversation, _REMEMBERED)
        return [Turn("user" if message.role == "user" else "assistant", message.text) for message in said]

    async def keep(self, conversation: UUID | None, said: str, reply: str) -> UUID:
        """Keep a message and its reply; in a new conversation, if there is none yet."""
        async with self._sessions.begin() as session:
            if conversation is None:
                made = Conversation(account_id=self._account)
                session.add(made)
                await session.flush()
                conversation = made.id
            for role, text in (("user", said), ("assistant", reply[:REPLY_LENGTH])):
                session.add(Message(conversation_id=conversation, role=role, text=text))
                await session.flush()
            changed = update(Conversation).where(Conversation.id == conversation)
            await session.execute(changed.values(changed_at=func.now()))
            return conversation

    async def delete(self, conversation: UUID) -> bool:
        """Delete a conversation; tell whether it was there."""
        async with self._sessions.begin() as session:
            own = delete(Conversation).where(Conversation.id == conversation)
            found = await session.scalar(own.where(Conversation.account_id == self._account).returning(Conversation.id))
        return found is not None


class ConversationShown(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created_at: datetime
    changed_at: datetime


class MessageShown(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    role: Literal["user", "assistant"]
    text: str
    created_at: datetime


router = APIRouter(prefix=f"{PREFIX}/conversations", tags=["chat"])


@router.get("")
async def list_conversations(account: LoggedIn, services: FromServices) -> list[ConversationShown]:
    found = await Conversations(services.sessions, account.id).all()
    return [ConversationShown.model_validate(conversation) for conversation in found]


@router.get("/{conversation}/messages")
async def list_messages(conversation: UUID, account: LoggedIn, services: FromServices) -> list[MessageShown]:
    conversations = Conversations(services.sessions, account.id)
    if not await conversations.has(conversation):
        raise no_such_conversation()
    return [MessageShown.model_validate(message) for message in await conversations.messages(conversation)]


@router.delete("/{conversation}", status_code=204)
async def delete_conversation(conversation: UUID, account: LoggedIn, services: FromServices) -> Response:
    if not await Conversations(services.sessions, account.id).delete(conversation):
        raise no_such_conversation()
    return Response(status_code=204)


def no_such_conversation() -> HTTPException:
    return HTTPException(404, "no such conversation")
