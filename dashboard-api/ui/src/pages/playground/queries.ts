/** The API's document, and requests that are sent from the playground. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, unwrap } from "@/api/client";
import { type ApiDocument, isWrite, type Operation, readDocument } from "@/pages/playground/document";
import { remember } from "@/pages/playground/recent";
import { addressOf, type Filled, holdsSecret, keepable, readyOf } from "@/pages/playground/request";
import { type Reply, send } from "@/pages/playground/send";

/** Stays the same as long as the server does. */
export function useDocument() {
  return useQuery({
    queryKey: ["openapi"],
    queryFn: async ({ signal }): Promise<ApiDocument | null> =>
      // The document does not describe its own address.
      readDocument(await unwrap(api.GET("/openapi.json" as never, { signal } as never))),
    staleTime: Infinity,
  });
}

export interface Sending {
  /** The answer, or as much of it as has come. */
  reply: Reply | null;
  isPending: boolean;
  error: Error | null;
  /** Stopped before anything was answered. */
  isStopped: boolean;
  send: (filled: Filled) => void;
  stop: () => void;
}

/** Sends one operation's requests, one at a time; leaving it stops what still comes in. */
export function useSend(operation: Operation): Sending {
  const client = useQueryClient();
  const [coming, setComing] = useState<Reply | null>(null);
  const current = useRef<AbortController | null>(null);
  useEffect(() => () => current.current?.abort(), []);

  const sending = useMutation({
    mutationFn: async (filled: Filled) => {
      current.current?.abort();
      const controller = new AbortController();
      current.current = controller;
      const begun = Date.now();
      const note = (status: number | null, milliseconds: number) => remember(sentOf(operation, filled, begun, status, milliseconds));
      try {
        const reply = await send(readyOf(operation, filled), controller.signal, setComing);
        note(reply.status, reply.milliseconds);
        return reply;
      } catch (error) {
        note(null, Date.now() - begun);
        throw error;
      }
    },
    onMutate: () => setComing(null),
    onSuccess: (reply) => {
      // Whatever other pages hold may be different now.
      if (isWrite(operation) && reply.status < 400) void client.invalidateQueries();
    },
  });

  const isStopped = sending.error instanceof DOMException && sending.error.name === "AbortError";
  return {
    reply: sending.isPending ? coming : (sending.data ?? null),
    isPending: sending.isPending,
    error: isStopped ? null : sending.error,
    isStopped,
    send: (filled) => sending.mutate(filled),
    stop: () => current.current?.abort(),
  };
}

function sentOf(operation: Operation, filled: Filled, at: number, status: number | null, milliseconds: number) {
  const kept = keepable(operation, filled);
  return {
    operation: operation.id,
    method: operation.method,
    address: addressOf(operation, kept),
    filled: kept,
    isPart: holdsSecret(operation, filled),
    at,
    status,
    milliseconds,
  };
}
