"""HTTP to Kafka with FastAPI, pydantic and aiokafka: each event is validated, the bytes are forwarded as they came."""

import hmac
import os
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from aiokafka import AIOKafkaProducer
from fastapi import Body, Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

TOPIC = os.environ["BENCH_TOPIC"]
AUTHORIZATION = f"Bearer {os.environ['BENCH_KEY']}".encode()

EventType = Literal[
    "mouse_move", "click", "scroll", "keypress", "keystroke", "focus", "blur", "visibility", "paste", "copy",
    "touch", "pointer", "page_view", "question_view", "question_answer", "device", "network", "honeypot", "custom",
]
Token = Annotated[str, Field(max_length=64)]


class Event(BaseModel):
    model_config = ConfigDict(extra="forbid")

    event_type: EventType
    timestamp: float
    data: dict[Token, bool | int | float | Token] = {}


@asynccontextmanager
async def lifespan(app: FastAPI):
    producer = AIOKafkaProducer(
        bootstrap_servers=os.environ["BENCH_BROKERS"],
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        linger_ms=int(os.environ["BENCH_LINGER_MS"]),
        max_batch_size=1 << 20,
    )
    await producer.start()
    app.state.producer = producer
    yield
    await producer.stop()


app = FastAPI(lifespan=lifespan)


async def known(authorization: Annotated[str, Header()] = "") -> None:
    if not hmac.compare_digest(authorization.encode(), AUTHORIZATION):
        raise HTTPException(401)


@app.post("/api/v1/detection/sessions/{session}/events", status_code=202, dependencies=[Depends(known)])
async def events(
    session: str, request: Request, batch: Annotated[list[Event], Body(min_length=1, max_length=5000)]
) -> dict[str, int]:
    await app.state.producer.send_and_wait(TOPIC, await request.body(), key=session.encode())
    return {"accepted": len(batch)}
