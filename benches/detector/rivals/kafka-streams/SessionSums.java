import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.SessionBytesStoreSupplier;
import org.apache.kafka.streams.state.Stores;

/**
 * Sums of session windows (gap 30 minutes, grace 5) with Kafka Streams: at least once, a changelog of the windows, two
 * stream threads. Updates of a window leave the cache with each commit, every 5 s.
 */
public final class SessionSums {
    private static final Duration GAP = Duration.ofMinutes(30);
    private static final Duration GRACE = Duration.ofMinutes(5);
    private static final byte[] BATCH = "candor.events.batch.v1".getBytes(StandardCharsets.UTF_8);

    private SessionSums() {}

    public static void main(String[] arguments) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(System.getenv("BENCH_TOPIC"), Consumed.with(Serdes.String(), Serdes.ByteArray()))
            .processValues(Parsing::new)
            .groupByKey(Grouped.with(Serdes.String(), sumsSerde()))
            .windowedBy(SessionWindows.ofInactivityGapAndGrace(GAP, GRACE))
            .aggregate(Sums::new, (key, batch, sums) -> {
                Progress.add(batch);
                return sums.plus(batch);
            }, (key, one, other) -> one.plus(other),
                Materialized.<String, Sums>as(store()).withKeySerde(Serdes.String()).withValueSerde(sumsSerde()))
            .toStream((window, sums) -> window.key())
            .to(System.getenv("BENCH_OUTPUT"), Produced.with(Serdes.String(), sumsSerde()));
        KafkaStreams streams = new KafkaStreams(builder.build(), settings());
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse
                .SHUTDOWN_APPLICATION;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(10))));
        streams.start();
    }

    private static SessionBytesStoreSupplier store() {
        Duration retention = GAP.plus(GRACE).plus(Duration.ofMinutes(1));
        return System.getenv("BENCH_STORE").equals("rocksdb")
            ? Stores.persistentSessionStore("windows", retention)
            : Stores.inMemorySessionStore("windows", retention);
    }

    private static Properties settings() {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, System.getenv("BENCH_GROUP"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv("BENCH_BROKERS"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, System.getenv("BENCH_FOLDER"));
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 5000);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 128L << 20);
        settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 5000);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 2000);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4 << 20);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.FETCH_MIN_BYTES_CONFIG), 1 << 16);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG), 50);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 1 << 20);
        return settings;
    }

    /** Reads batches; other records of a session say nothing that is summed. */
    private static final class Parsing extends ContextualFixedKeyProcessor<String, byte[], Sums> {
        @Override
        public void process(FixedKeyRecord<String, byte[]> record) {
            Header type = record.headers().lastHeader("ce_type");
            if (type == null || !Arrays.equals(type.value(), BATCH)) {
                return;
            }
            try {
                context().forward(record.withValue(Sums.ofBatch(record.value())));
            } catch (IOException error) {
                throw new IllegalStateException("a batch that is no JSON", error);
            }
        }
    }

    private static Serde<Sums> sumsSerde() {
        return Serdes.serdeFrom(
            (topic, sums) -> sums == null ? null : ByteBuffer.allocate(32).putLong(sums.events).putDouble(sums.held)
                .putLong(sums.earliest).putLong(sums.latest).array(),
            (topic, bytes) -> {
                if (bytes == null) {
                    return null;
                }
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                return new Sums(buffer.getLong(), buffer.getDouble(), buffer.getLong(), buffer.getLong());
            });
    }
}
