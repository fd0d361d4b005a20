package realise.peers;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Benefits, projects and measures: what claims and measurements are joined with. Rows of one store, kept as objects once
 * they were read; a task owns its store alone, so they cannot go stale.
 */
final class Register {
    record Benefit(String projectId, int financialClass, int sign, int recurrence) {}

    /** Where a project is from a day on. */
    record Assignment(long fromDay, String boardId) {}

    private final KeyValueStore<String, byte[]> store;
    private final Map<String, Benefit> benefits = new HashMap<>();
    private final Map<String, List<Assignment>> projects = new HashMap<>();
    private final Map<String, Integer> units = new HashMap<>();

    Register(KeyValueStore<String, byte[]> store) {
        this.store = store;
    }

    void addBenefit(String id, Benefit benefit) {
        benefits.put(id, benefit);
        put("benefit/" + id, out -> {
            out.writeUTF(benefit.projectId());
            out.writeByte(benefit.financialClass());
            out.writeByte(benefit.sign());
            out.writeByte(benefit.recurrence());
        });
    }

    Benefit benefit(String id) {
        Benefit known = benefits.get(id);
        return known != null ? known : load(benefits, "benefit/", id, in ->
                new Benefit(in.readUTF(), in.readByte(), in.readByte(), in.readByte()));
    }

    void addProject(String id) {
        putProject(id, new ArrayList<>());
    }

    void assign(String projectId, Assignment assignment) {
        List<Assignment> assignments = assignments(projectId);
        assignments.add(assignment);
        putProject(projectId, assignments);
    }

    /** The board that a project is under on a day: that of the last assignment that is not after it. */
    String boardOn(String projectId, long day) {
        String board = null;
        for (Assignment assignment : assignments(projectId)) {
            if (assignment.fromDay() > day) {
                break;
            }
            board = assignment.boardId();
        }
        if (board == null) {
            throw new IllegalStateException("project " + projectId + " is under no board");
        }
        return board;
    }

    void addMeasure(String id, int unit) {
        units.put(id, unit);
        put("measure/" + id, out -> out.writeByte(unit));
    }

    int unit(String measureId) {
        Integer known = units.get(measureId);
        return known != null ? known : load(units, "measure/", measureId, in -> (int) in.readByte());
    }

    private void putProject(String id, List<Assignment> assignments) {
        projects.put(id, assignments);
        put("project/" + id, out -> {
            out.writeInt(assignments.size());
            for (Assignment assignment : assignments) {
                out.writeLong(assignment.fromDay());
                out.writeUTF(assignment.boardId());
            }
        });
    }

    private List<Assignment> assignments(String projectId) {
        List<Assignment> known = projects.get(projectId);
        return known != null ? known : load(projects, "project/", projectId, in -> {
            List<Assignment> assignments = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                assignments.add(new Assignment(in.readLong(), in.readUTF()));
            }
            return assignments;
        });
    }

    private interface Writer {
        void write(DataOutputStream out) throws IOException;
    }

    private interface Reader<T> {
        T read(DataInputStream in) throws IOException;
    }

    private void put(String key, Writer writer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            writer.write(new DataOutputStream(bytes));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        store.put(key, bytes.toByteArray());
    }

    private <T> T load(Map<String, T> known, String kind, String id, Reader<T> reader) {
        byte[] row = store.get(kind + id);
        if (row == null) {
            throw new IllegalStateException("there is no " + kind + id);
        }
        try {
            T loaded = reader.read(new DataInputStream(new ByteArrayInputStream(row)));
            known.put(id, loaded);
            return loaded;
        } catch (IOException damaged) {
            throw new UncheckedIOException(damaged);
        }
    }
}
