// Reads a published folder with Go's own packages for transparency logs (golang.org/x/mod/sumdb), unmodified: the
// checkpoint's signature by note, the tiles and the inclusion of every record by tlog. With a second checkpoint, also that
// the log only grew from it. Not here: what a record says.
//
//	go run check.go FOLDER VKEY [EARLIER_CHECKPOINT]
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// reader gives tlog the tiles of c2sp.org/tlog-tiles, which has another path than the checksum database.
type reader struct {
	folder string
	tiles  map[string][]byte
	count  int
}

func (r *reader) Height() int { return height }

func (r *reader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		path := filepath.Join(r.folder, "tile", strconv.Itoa(t.L), place(t.N, t.W))
		data, there := r.tiles[path]
		if !there {
			read, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			data = read
			r.tiles[path] = data
			r.count++
		}
		all = append(all, data)
	}
	return all, nil
}

// SaveTiles is called with tiles that tlog has verified.
func (r *reader) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

// place is the index in groups of three digits, and the width of a partial tile.
func place(n int64, width int) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	if width < 1<<height {
		path += fmt.Sprintf(".p/%d", width)
	}
	return path
}

func open(path string, verifiers note.Verifiers) tlog.Tree {
	signed, err := os.ReadFile(path)
	check(err)
	opened, err := note.Open(signed, verifiers)
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		log.Fatalf("%s: not three lines", path)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: root}
}

// records reads the entry bundles.
func records(folder string, size int64) [][]byte {
	var all [][]byte
	for n := int64(0); n*256 < size; n++ {
		width := int(min(256, size-n*256))
		bundle, err := os.ReadFile(filepath.Join(folder, "tile", "entries", place(n, width)))
		check(err)
		for i := 0; i < width; i++ {
			length := int(binary.BigEndian.Uint16(bundle))
			all = append(all, bundle[2:2+length])
			bundle = bundle[2+length:]
		}
		if len(bundle) != 0 {
			log.Fatalf("bundle %d: %d bytes too many", n, len(bundle))
		}
	}
	return all
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	folder := os.Args[1]
	verifier, err := note.NewVerifier(os.Args[2])
	check(err)
	verifiers := note.VerifierList(verifier)
	tree := open(filepath.Join(folder, "checkpoint"), verifiers)
	tiles := &reader{folder: folder, tiles: map[string][]byte{}}
	hashes := tlog.TileHashReader(tree, tiles)
	for i, record := range records(folder, tree.N) {
		leaf := tlog.RecordHash(record)
		proof, err := tlog.ProveRecord(tree.N, int64(i), hashes)
		check(err)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(i), leaf))
	}
	fmt.Printf("%d records in %d tiles\n", tree.N, tiles.count)
	if len(os.Args) > 3 {
		earlier := open(os.Args[3], verifiers)
		proof, err := tlog.ProveTree(tree.N, earlier.N, hashes)
		check(err)
		check(tlog.CheckTree(proof, tree.N, tree.Hash, earlier.N, earlier.Hash))
		fmt.Printf("grown from %d records\n", earlier.N)
	}
}
