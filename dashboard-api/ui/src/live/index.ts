export type { LiveState } from "@/live/connection";
export { useLive, useLiveStats } from "@/live/context";
export { useLiveMessages, useLiveRefresh } from "@/live/hooks";
export { LiveProvider } from "@/live/LiveProvider";
export * from "@/live/messages";
