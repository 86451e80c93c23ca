import java.io.FileOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Packs plain files as Java's own stream does: deflated, with their sizes behind the data. */
class Copy {
    public static void main(String[] words) throws Exception {
        try (var out = new ZipOutputStream(new FileOutputStream(words[0]))) {
            for (int place = 1; place < words.length; place++) {
                var path = Path.of(words[place]);
                if (!Files.isRegularFile(path)) {
                    continue;
                }
                var entry = new ZipEntry(path.toString());
                entry.setLastModifiedTime(FileTime.from(Instant.parse("2020-01-02T03:04:05Z")));
                entry.setComment("from Java");
                out.putNextEntry(entry);
                out.write(Files.readAllBytes(path));
                out.closeEntry();
            }
        }
    }
}
