package omnitrack;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.state.SessionStore;

/**
 * The sessions by Kafka Streams: {@code java omnitrack.Sessions KAFKA EVENTS SESSIONS WARMING}.
 *
 * <p>As its developer guide has it, "Windowed final results": a session window on a persistent store (RocksDB) with its
 * changelog, and suppression until the window closes. Of the settings only the interval of commits differs from the
 * defaults: the store's cache is passed on with a commit, so that with 30 seconds sessions would come that much later.
 */
public final class Sessions {
  private static final ObjectMapper JSON = new ObjectMapper();

  @JsonIgnoreProperties(ignoreUnknown = true)
  public static final class Touchpoint {
    public long occurred_at;
    public long wait_seconds;
  }

  public static final class Session {
    public String customer;
    public long start;
    public long end;
    public long touchpoints;
    public long waited;

    Session with(String key, Touchpoint touchpoint) {
      start = touchpoints == 0 ? touchpoint.occurred_at : Math.min(start, touchpoint.occurred_at);
      end = Math.max(end, touchpoint.occurred_at);
      customer = key;
      touchpoints += 1;
      waited += touchpoint.wait_seconds;
      return this;
    }

    static Session merged(Session one, Session other) {
      if (one.touchpoints == 0) {
        return other;
      }
      if (other.touchpoints == 0) {
        return one;
      }
      Session session = new Session();
      session.customer = one.customer;
      session.start = Math.min(one.start, other.start);
      session.end = Math.max(one.end, other.end);
      session.touchpoints = one.touchpoints + other.touchpoints;
      session.waited = one.waited + other.waited;
      return session;
    }
  }

  /** How many events are still to come before the measurement begins. */
  private static long warming;

  /** Called by the library once per event. */
  private static Session start() {
    if (warming-- == 0) {
      System.out.println("begin");
    }
    return new Session();
  }

  private static <T> Serde<T> json(Class<T> type) {
    return Serdes.serdeFrom(
        (topic, value) -> {
          try {
            return JSON.writeValueAsBytes(value);
          } catch (IOException error) {
            throw new UncheckedIOException(error);
          }
        },
        (topic, bytes) -> {
          try {
            return bytes == null ? null : JSON.readValue(bytes, type);
          } catch (IOException error) {
            throw new UncheckedIOException(error);
          }
        });
  }

  public static void main(String[] arguments) {
    warming = Long.parseLong(arguments[3]);
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[2]);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, "state");
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 500);
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(arguments[1], Consumed.with(Serdes.String(), json(Touchpoint.class)))
        .groupByKey(Grouped.with(Serdes.String(), json(Touchpoint.class)))
        .windowedBy(SessionWindows.ofInactivityGapWithNoGrace(Duration.ofMinutes(30)))
        .aggregate(
            Sessions::start,
            (key, touchpoint, session) -> session.with(key, touchpoint),
            (key, one, other) -> Session.merged(one, other),
            Materialized.<String, Session, SessionStore<Bytes, byte[]>>as("sessions")
                .withKeySerde(Serdes.String())
                .withValueSerde(json(Session.class)))
        .suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded()))
        .toStream()
        .filter((window, session) -> session != null)
        .selectKey((window, session) -> window.key())
        .to(arguments[2], Produced.with(Serdes.String(), json(Session.class)));
    KafkaStreams streams = new KafkaStreams(builder.build(), settings);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(5))));
    streams.start();
  }
}
