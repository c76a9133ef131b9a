import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/**
 * What is summed of a session window: number of events, milliseconds that keys and buttons were held, first and last
 * time by the client's clock. A batch is read as a stream of tokens; nothing is built of it.
 */
public final class Sums {
    private static final JsonFactory JSON = new JsonFactory();

    public long events;
    public double held;
    public long earliest = Long.MAX_VALUE;
    public long latest = Long.MIN_VALUE;

    public Sums() {}

    public Sums(long events, double held, long earliest, long latest) {
        this.events = events;
        this.held = held;
        this.earliest = earliest;
        this.latest = latest;
    }

    /** The sums of both. */
    public Sums plus(Sums other) {
        return new Sums(events + other.events, held + other.held, Math.min(earliest, other.earliest),
            Math.max(latest, other.latest));
    }

    /** The sums of one batch record in the canonical form. */
    public static Sums ofBatch(byte[] value) throws IOException {
        Sums sums = new Sums();
        try (JsonParser parser = JSON.createParser(value)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String member = parser.currentName();
                JsonToken token = parser.nextToken();
                if (member.equals("events") && token == JsonToken.START_ARRAY) {
                    while (parser.nextToken() == JsonToken.START_OBJECT) {
                        sums.event(parser);
                    }
                } else {
                    parser.skipChildren();
                }
            }
        }
        return sums;
    }

    private void event(JsonParser parser) throws IOException {
        events++;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String member = parser.currentName();
            JsonToken token = parser.nextToken();
            if (member.equals("timestamp") && token.isNumeric()) {
                long at = (long) (parser.getDoubleValue() * 1000);
                earliest = Math.min(earliest, at);
                latest = Math.max(latest, at);
            } else if (member.equals("data") && token == JsonToken.START_OBJECT) {
                data(parser);
            } else {
                parser.skipChildren();
            }
        }
    }

    private void data(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            JsonToken token = parser.nextToken();
            if (token.isNumeric() && (field.equals("dwell") || field.equals("hold"))) {
                held += parser.getDoubleValue();
            } else {
                parser.skipChildren();
            }
        }
    }
}
