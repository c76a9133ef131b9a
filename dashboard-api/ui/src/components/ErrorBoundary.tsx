import { CircleAlert, RotateCw } from "lucide-react";
import { Component, type ReactNode } from "react";
import { components as text } from "@/strings/components";
import { Button } from "./Button";
import { EmptyState } from "./EmptyState";

interface ErrorBoundaryProps {
  children: ReactNode;
  /** A change (the address, for example) tries again. */
  resetKey?: unknown;
}

interface ErrorBoundaryState {
  failed: boolean;
  resetKey: unknown;
}

/** A part that throws is replaced by an explanation; the rest of the page stays. React reports the error to the console. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { failed: false, resetKey: this.props.resetKey };

  static getDerivedStateFromError(): Partial<ErrorBoundaryState> {
    return { failed: true };
  }

  static getDerivedStateFromProps(props: ErrorBoundaryProps, state: ErrorBoundaryState): Partial<ErrorBoundaryState> | null {
    return Object.is(props.resetKey, state.resetKey) ? null : { failed: false, resetKey: props.resetKey };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <div role="alert">
        <EmptyState
          icon={CircleAlert}
          title={text.error.crashed}
          action={<Button icon={RotateCw} onClick={() => this.setState({ failed: false })}>{text.error.retry}</Button>}
        >
          {text.error.crashedHint}
        </EmptyState>
      </div>
    );
  }
}
