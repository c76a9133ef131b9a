import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.DoubleAdder;

/** Says on standard output when the first batch came and when the awaited number of events has been summed. */
public final class Progress {
    private static final long WANTED = Long.parseLong(System.getenv("BENCH_EVENTS"));
    private static final AtomicLong EVENTS = new AtomicLong();
    private static final DoubleAdder HELD = new DoubleAdder();
    private static final AtomicBoolean BEGUN = new AtomicBoolean();
    private static final AtomicBoolean ENDED = new AtomicBoolean();

    private Progress() {}

    /** Counts what has been added to a window. */
    public static void add(Sums batch) {
        if (!BEGUN.get() && BEGUN.compareAndSet(false, true)) {
            say("bench-first");
        }
        HELD.add(batch.held);
        if (EVENTS.addAndGet(batch.events) >= WANTED && ENDED.compareAndSet(false, true)) {
            say("bench-done " + EVENTS.get() + " " + Math.round(HELD.sum()));
        }
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
