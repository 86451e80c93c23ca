#!/bin/sh
# Makes the archives of this folder anew, as other programs write them: Info-ZIP's zip, 7-Zip's 7zz, Java's
# jar, and its ZipOutputStream by way of Copy.java. On Debian: apt install zip 7zip openjdk-17-jdk-headless.
# Tests read what lies here and need none of them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$here/in/." "$work"
cd "$work"
export TZ=UTC LC_ALL=C.UTF-8
find . -exec touch -t 202001020304.05 {} +

rm -f "$here"/*.zip "$here"/*.jar

# Info-ZIP: names as Unicode that do not say so, and extra fields for times and owners, of other lengths before the data than in the directory.
zip -q -r "$here/infozip.zip" .
zip -q -0 -X "$here/infozip-stored.zip" *.png
# To a stream: sizes behind the data. In 64 bits: sizes in an extra field of the local header.
zip -q -r - . | cat > "$here/infozip-streamed.zip"
zip -q -r -fz "$here/infozip-zip64.zip" .
# With a comment behind it that looks like an end, and a program in front of it.
cp "$here/infozip.zip" commented.zip
printf 'PK\005\006 is how an archive ends\n' | zip -q -z commented.zip > /dev/null
{ printf '#!/bin/sh\nexit 1\n'; cat commented.zip; } > "$here/infozip-behind-a-program.zip"
rm commented.zip

7zz a -bd -tzip "$here/7zip.zip" . > /dev/null
7zz a -bd -tzip -mx=0 "$here/7zip-stored.zip" . > /dev/null
7zz a -bd -tzip -mcu=on -mtc=on "$here/7zip-utf8-times.zip" . > /dev/null
7zz a -bd -tzip -mm=BZip2 "$here/7zip-bzip2.zip" deep/plain.bmp > /dev/null
7zz a -bd -tzip -psecret "$here/7zip-encrypted.zip" red.png > /dev/null

jar --create --file "$here/java.jar" --no-manifest --date=2020-01-02T03:04:05Z .
java "$here/Copy.java" "$here/java-stream.zip" *
