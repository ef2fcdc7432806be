"""The chat: a message in, what the assistant did and says out."""

from uuid import UUID

from fastapi import APIRouter
from prometheus_client import Counter
from pydantic import BaseModel

from pakaura.accounts import LoggedIn
from pakaura.actions import Actions
from pakaura.assistants import Mode
from pakaura.conversations import Conversations, no_such_conversation
from pakaura.lines import Said
from pakaura.services import PREFIX, FromServices
from pakaura.tasks import TaskList

MESSAGES = Counter("pakaura_chat_messages_total", "Messages answered in the chat.", ["mode"])

router = APIRouter(prefix=f"{PREFIX}/chat", tags=["chat"])


class ChatAsked(BaseModel):
    message: Said
    conversation_id: UUID | None = None


class ChatAnswered(BaseModel):
    conversation_id: UUID
    reply: str
    mode: Mode
    changed: bool
    """Whether the task list is another one now."""


@router.post("")
async def chat(asked: ChatAsked, account: LoggedIn, services: FromServices) -> ChatAnswered:
    services.limits.chat.take(str(account.id))
    conversations = Conversations(services.sessions, account.id)
    if asked.conversation_id and not await conversations.has(asked.conversation_id):
        raise no_such_conversation()
    earlier = await conversations.turns(asked.conversation_id) if asked.conversation_id else []
    actions = Actions(TaskList(services.sessions, account.id))
    answer = await services.assistant.answer(asked.message, earlier, actions)
    kept = await conversations.keep(asked.conversation_id, asked.message, answer.text)
    MESSAGES.labels(answer.mode).inc()
    return ChatAnswered(conversation_id=kept, reply=answer.text, mode=answer.mode, changed=bool(actions.done))
