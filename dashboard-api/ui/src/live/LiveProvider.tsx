import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { LiveConnection, type LiveState } from "@/live/connection";
import { type Listener, LiveContext, LiveStatsContext } from "@/live/context";
import type { LiveMessage, LiveStats } from "@/live/messages";

interface Properties {
  /** Called when the sign-in has ended. */
  onSignedOut: () => void;
  children: ReactNode;
}

const address = (): string => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;

/** Holds the app's one live connection, and hands its messages to whoever listens. */
export function LiveProvider({ onSignedOut, children }: Properties) {
  const [state, setState] = useState<LiveState>("connecting");
  const [stats, setStats] = useState<LiveStats | null>(null);
  const [listeners] = useState(() => new Set<Listener>());
  const signedOut = useRef(onSignedOut);

  useEffect(() => {
    signedOut.current = onSignedOut;
  }, [onSignedOut]);

  useEffect(() => {
    const tell = (message: LiveMessage) => {
      if (message.type === "stats") setStats(message);
      for (const listener of listeners) listener(message);
    };
    const connection = new LiveConnection(address(), {
      onMessage: tell,
      onState: setState,
      onSignedOut: () => signedOut.current(),
    });
    connection.start();
    return () => connection.stop();
  }, [listeners]);

  const value = useMemo(() => ({ state, listeners }), [state, listeners]);
  return (
    <LiveContext value={value}>
      <LiveStatsContext value={stats}>{children}</LiveStatsContext>
    </LiveContext>
  );
}
