import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * HTTP to Kafka with Vert.x and the Java client: one event loop for each core, one shared producer. Jackson reads each
 * event as a stream, nothing is built of it; the bytes are forwarded as they came.
 */
public final class Gateway extends VerticleBase {
    private static final Set<String> EVENT_TYPES = Set.of(
        "mouse_move", "click", "scroll", "keypress", "keystroke", "focus", "blur", "visibility", "paste", "copy",
        "touch", "pointer", "page_view", "question_view", "question_answer", "device", "network", "honeypot", "custom");
    private static final String BEFORE = "/api/v1/detection/sessions/";
    private static final String AFTER = "/events";
    private static final int LARGEST_BATCH = 5000;
    private static final int LONGEST_TOKEN = 64;

    private static final String TOPIC = System.getenv("BENCH_TOPIC");
    private static final byte[] AUTHORIZATION =
        ("Bearer " + System.getenv("BENCH_KEY")).getBytes(StandardCharsets.UTF_8);
    private static final JsonFactory JSON = new JsonFactory();

    private final KafkaProducer<byte[], byte[]> producer;

    private Gateway(KafkaProducer<byte[], byte[]> producer) {
        this.producer = producer;
    }

    public static void main(String[] arguments) {
        KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv("BENCH_BROKERS"),
            ProducerConfig.ACKS_CONFIG, "all",
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true",
            ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4",
            ProducerConfig.LINGER_MS_CONFIG, System.getenv("BENCH_LINGER_MS"),
            ProducerConfig.BATCH_SIZE_CONFIG, 1 << 20,
            ProducerConfig.BUFFER_MEMORY_CONFIG, 64 << 20,
            ProducerConfig.MAX_BLOCK_MS_CONFIG, 1000), new ByteArraySerializer(), new ByteArraySerializer());
        // Asked for here, so that no event loop waits for it.
        producer.partitionsFor(TOPIC);
        Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        DeploymentOptions options = new DeploymentOptions().setInstances(Runtime.getRuntime().availableProcessors());
        vertx.deployVerticle(() -> new Gateway(producer), options).onFailure(error -> {
            error.printStackTrace();
            System.exit(1);
        });
    }

    @Override
    public Future<?> start() {
        HttpServerOptions options = new HttpServerOptions().setHost("127.0.0.1")
            .setPort(Integer.parseInt(System.getenv("BENCH_PORT"))).setTcpNoDelay(true);
        return vertx.createHttpServer(options).requestHandler(this::handle).listen();
    }

    private void handle(HttpServerRequest request) {
        String path = request.path();
        if (request.method() != HttpMethod.POST || !path.startsWith(BEFORE) || !path.endsWith(AFTER)) {
            request.response().setStatusCode(404).end();
            return;
        }
        String given = request.getHeader("authorization");
        if (given == null || !MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), AUTHORIZATION)) {
            request.response().setStatusCode(401).end();
            return;
        }
        String session = path.substring(BEFORE.length(), path.length() - AFTER.length());
        request.body().onSuccess(body -> forward(request, session, body));
    }

    private void forward(HttpServerRequest request, String session, Buffer body) {
        byte[] bytes = body.getBytes();
        int accepted;
        try {
            accepted = countEvents(bytes);
        } catch (IOException problem) {
            request.response().setStatusCode(400).end();
            return;
        }
        Context context = Vertx.currentContext();
        byte[] key = session.getBytes(StandardCharsets.UTF_8);
        producer.send(new ProducerRecord<>(TOPIC, key, bytes), (metadata, error) -> context.runOnContext(nothing -> {
            if (error != null) {
                request.response().setStatusCode(503).end();
            } else {
                request.response().setStatusCode(202).putHeader("content-type", "application/json")
                    .end("{\"accepted\":" + accepted + "}");
            }
        }));
    }

    /** The number of events of a sound batch. */
    private static int countEvents(byte[] bytes) throws IOException {
        try (JsonParser parser = JSON.createParser(bytes)) {
            require(parser.nextToken() == JsonToken.START_ARRAY);
            int count = 0;
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                readEvent(parser);
                count++;
            }
            require(parser.currentToken() == JsonToken.END_ARRAY && count > 0 && count <= LARGEST_BATCH);
            require(parser.nextToken() == null);
            return count;
        }
    }

    private static void readEvent(JsonParser parser) throws IOException {
        boolean typed = false;
        boolean timed = false;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "event_type" -> {
                    require(value == JsonToken.VALUE_STRING && EVENT_TYPES.contains(parser.getText()));
                    typed = true;
                }
                case "timestamp" -> {
                    require(value.isNumeric());
                    timed = true;
                }
                case "data" -> readData(parser, value);
                default -> require(false);
            }
        }
        require(typed && timed);
    }

    private static void readData(JsonParser parser, JsonToken first) throws IOException {
        require(first == JsonToken.START_OBJECT);
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            JsonToken value = parser.nextToken();
            boolean token = value == JsonToken.VALUE_STRING && parser.getTextLength() <= LONGEST_TOKEN;
            require(token || value.isNumeric() || value.isBoolean());
        }
    }

    private static void require(boolean sound) throws IOException {
        if (!sound) {
            throw new IOException("not a batch of events");
        }
    }
}
