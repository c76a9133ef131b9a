import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.EventTimeSessionWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * Sums of session windows (gap 30 minutes, lateness 5) with Flink: windows on the heap, a checkpoint at least once every
 * 5 s, objects reused, two parallel tasks. A window leaves when it is over, or when the topic has been read to its end.
 */
public final class SessionSums {
    private static final byte[] BATCH = "candor.events.batch.v1".getBytes(StandardCharsets.UTF_8);

    private SessionSums() {}

    public static void main(String[] arguments) throws Exception {
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(settings());
        environment.setParallelism(2);
        environment.enableCheckpointing(5000, CheckpointingMode.AT_LEAST_ONCE);
        environment.getConfig().enableObjectReuse();
        KafkaSource<Tuple2<String, Sums>> source = KafkaSource.<Tuple2<String, Sums>>builder()
            .setBootstrapServers(System.getenv("BENCH_BROKERS"))
            .setTopics(System.getenv("BENCH_TOPIC"))
            .setGroupId(System.getenv("BENCH_GROUP"))
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setBounded(OffsetsInitializer.latest())
            .setProperties(fetching())
            .setDeserializer(new Parsing())
            .build();
        environment
            .fromSource(source, WatermarkStrategy.forBoundedOutOfOrderness(Duration.ofSeconds(5)), "events")
            .keyBy(batch -> batch.f0, Types.STRING)
            .window(EventTimeSessionWindows.withGap(Duration.ofMinutes(30)))
            .allowedLateness(Duration.ofMinutes(5))
            .aggregate(new Adding(), new Naming())
            .sinkTo(sink());
        environment.execute("session sums");
    }

    private static Configuration settings() {
        return Configuration.fromMap(Map.of(
            "state.backend.type", "hashmap",
            "execution.checkpointing.dir", "file://" + System.getenv("BENCH_FOLDER"),
            "execution.buffer-timeout.interval", "100 ms"));
    }

    private static Properties fetching() {
        Properties properties = new Properties();
        properties.put("max.poll.records", "2000");
        properties.put("max.partition.fetch.bytes", String.valueOf(4 << 20));
        properties.put("fetch.min.bytes", String.valueOf(1 << 16));
        properties.put("fetch.max.wait.ms", "50");
        return properties;
    }

    private static KafkaSink<Tuple2<String, Sums>> sink() {
        Properties properties = new Properties();
        properties.put("compression.type", "lz4");
        properties.put("batch.size", String.valueOf(1 << 20));
        properties.put("linger.ms", "5");
        String output = System.getenv("BENCH_OUTPUT");
        return KafkaSink.<Tuple2<String, Sums>>builder()
            .setBootstrapServers(System.getenv("BENCH_BROKERS"))
            .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
            .setKafkaProducerConfig(properties)
            .setRecordSerializer(KafkaRecordSerializationSchema.<Tuple2<String, Sums>>builder()
                .setTopic(output).setKeySerializationSchema(new Key()).setValueSerializationSchema(new Value()).build())
            .build();
    }

    /** Reads batches; other records of a session say nothing that is summed. */
    private static final class Parsing implements KafkaRecordDeserializationSchema<Tuple2<String, Sums>> {
        private static final long serialVersionUID = 1;

        @Override
        public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Tuple2<String, Sums>> out)
                throws IOException {
            Header type = record.headers().lastHeader("ce_type");
            if (type != null && Arrays.equals(type.value(), BATCH)) {
                String session = new String(record.key(), StandardCharsets.UTF_8);
                out.collect(Tuple2.of(session, Sums.ofBatch(record.value())));
            }
        }

        @Override
        public TypeInformation<Tuple2<String, Sums>> getProducedType() {
            return Types.TUPLE(Types.STRING, Types.POJO(Sums.class));
        }
    }

    private static final class Key implements SerializationSchema<Tuple2<String, Sums>> {
        private static final long serialVersionUID = 1;

        @Override
        public byte[] serialize(Tuple2<String, Sums> window) {
            return window.f0.getBytes(StandardCharsets.UTF_8);
        }
    }

    private static final class Value implements SerializationSchema<Tuple2<String, Sums>> {
        private static final long serialVersionUID = 1;

        @Override
        public byte[] serialize(Tuple2<String, Sums> window) {
            Sums sums = window.f1;
            return ByteBuffer.allocate(32).putLong(sums.events).putDouble(sums.held).putLong(sums.earliest)
                .putLong(sums.latest).array();
        }
    }

    private static final class Adding implements AggregateFunction<Tuple2<String, Sums>, Sums, Sums> {
        private static final long serialVersionUID = 1;

        @Override
        public Sums createAccumulator() {
            return new Sums();
        }

        @Override
        public Sums add(Tuple2<String, Sums> batch, Sums sums) {
            Progress.add(batch.f1);
            return sums.plus(batch.f1);
        }

        @Override
        public Sums getResult(Sums sums) {
            return sums;
        }

        @Override
        public Sums merge(Sums one, Sums other) {
            return one.plus(other);
        }
    }

    private static final class Naming extends ProcessWindowFunction<Sums, Tuple2<String, Sums>, String, TimeWindow> {
        private static final long serialVersionUID = 1;

        @Override
        public void process(String session, Context context, Iterable<Sums> sums, Collector<Tuple2<String, Sums>> out) {
            out.collect(Tuple2.of(session, sums.iterator().next()));
        }
    }
}
