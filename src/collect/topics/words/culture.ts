/** Film, music, television, books, arts and celebrities. */
export const CULTURE = `
JLBCU7 Entertainment: entertainment, showbiz, show business, unterhaltung, divertissement, entretenimiento,
    entretenimento, intrattenimento, espectaculos, hollywood, netflix, streaming service, disney plus,
    hbo max, amazon prime video
  324 Movies: movie, film, cinema, box office, movie trailer, movie review, film review, blockbuster, kino,
      kinofilm, filmkritik, pelicula, filme, bande annonce, film festival, director cut, imdb,
      rotten tomatoes, actress, screening?, cannes festival, sundance, cine?, peliculas, blu ray, dvd
  338 Music: music, musik, musique, musica, song, lyrics, album?, concert, singer, musician, playlist,
      guitar solo, konzert, concierto, concerto, chanson, cancion, canzone, songtext, paroles,
      letras de musica, music festival, vinyl record, album cover, billboard chart, band?, live music,
      discography, record label
    343 Alternative Music: alternative music, indie music, indie rock, shoegaze, post punk, emo?
    360 Blues: blues music, blues guitar, delta blues, bb king, rhythm and blues
    344 Children's Music: childrens music, nursery rhyme, kids songs, lullaby, kinderlieder, comptine,
        canciones infantiles
    346 Classical Music: classical music, symphony, orchestra, philharmonic, beethoven, mozart, chopin, bach?,
        vivaldi, string quartet, klassische musik, musique classique, musica clasica, musica classica, sonata,
        tchaikovsky, chamber music, wagner opera, orchester, orchestre
    349 Contemporary Hits/Pop/Top 40: pop music, top 40, pop song, pop star, taylor swift, ariana grande,
        k pop, kpop, bts army, ed sheeran, billie eilish, dua lipa, hit parade, charts musik, boy band
    350 Country Music: country music, nashville, bluegrass, country song, dolly parton, johnny cash,
        country singer
    351 Dance and Electronic Music: electronic music, edm, techno, house music, trance music, drum and bass,
        dubstep, dj?, ambient music, elektronische musik, musique electronique, daft punk, tomorrowland,
        electronica music, acid house
    355 Hip Hop Music: hip hop, hiphop, rap music, rapper, rap?, eminem, kendrick lamar, trap music,
        deutschrap, rap francais, freestyle rap, beatbox, jay z
    357 Jazz: jazz, swing music, miles davis, bebop, john coltrane, bossa nova, louis armstrong
    362 R&B/Soul/Funk: soul music, r and b, rnb, funk music, motown, beyonce, marvin gaye, neo soul
    359 Reggae: reggae, bob marley, dancehall, dub music, reggaeton?, rocksteady
    363 Rock Music: rock music, rock band, rock n roll, punk rock, grunge, rockmusik, rock concert,
        foo fighters, nirvana band, rolling stones, progressive rock
      365 Alternative Rock: alternative rock, radiohead, arctic monkeys, the strokes
      366 Classic Rock: classic rock, led zeppelin, pink floyd, the beatles, beatles, deep purple, queen band,
          jimi hendrix, fleetwood mac
      367 Hard Rock: hard rock, heavy metal, metallica, iron maiden, ac dc, death metal, black metal,
          metalhead, thrash metal, guns n roses, black sabbath
      368 Soft Rock: soft rock, yacht rock, phil collins
    353 Songwriters/Folk: folk music, songwriter, singer songwriter, bob dylan, folk song, songwriting,
        volksmusik, americana music, leonard cohen
    369 Soundtracks, TV and Showtunes: soundtrack, film score, showtune, original score, hans zimmer,
        filmmusik, bande originale, colonna sonora, john williams
    352 World/International Music: world music, afrobeat, flamenco, samba, salsa music, fado, latin music,
        cumbia, reggaeton, celtic music, bollywood songs, merengue, mariachi
  640 Television: television, tv, tv show, tv series, sitcom, episode guide, season finale, fernsehen,
      tv programm, serie tv, series tv, televisao, televisione, tele?, showrunner, prime time, programme tv,
      tatort, binge watch, bbc iplayer, episode recap, telenovela
SPSHQ5 Genres: film genre, book genre, genre fiction
  VKIV56 Nature: nature documentary, planet earth, wildlife documentary, david attenborough, wildlife,
      naturfilm
  325 Action/Adventure: action movie, action film, james bond, mission impossible, indiana jones,
      fast and furious, die hard, john wick, actionfilm, marvel, avengers
  641 Animation & Anime: anime, manga, animation film, animated film, cartoon, studio ghibli, naruto,
      one piece, dragon ball, zeichentrick, dessin anime, dibujos animados, desenho animado, cartone animato,
      animated series, otaku, attack on titan, animationsfilm
  44 Biographies: biography, autobiography, memoir, biopic, biografie, biographie, biografia
  646 Comedy: comedy, comedian, stand up comedy, comedy movie, romcom, rom com, komödie, comedie, comedia,
      commedia, slapstick, kabarett, sketch comedy
  332 Documentary: documentary, dokumentation?, doku, documentaire, documental, documentario, docuseries,
      dokumentarfilm
  647 Drama: drama, drama series, period drama, kdrama, k drama, melodrama, costume drama, drame
  645 Family/Children: family movie, family film, kids movie, kids show, sesame street, peppa pig, paw patrol,
      disney movie, kinderfilm, sandmännchen, bluey
  335 Fantasy: fantasy novel, fantasy book, fantasy series, epic fantasy, high fantasy, dragon rider,
      urban fantasy, fantasyroman
  EZWB7V History: history, historical, medieval, middle ages, ancient rome, ancient greece, ancient egypt,
      roman empire, world war ii, world war 2, world war i, civil war history, archaeology, archeology,
      renaissance?, geschichte?, mittelalter, histoire?, historia, storia?, napoleon, viking, cold war,
      archaologie, archeologie, victorian era, antiquity
  649 Holiday: christmas movie, holiday movie, weihnachtsfilm, film de noel, holiday special
  336 Horror: horror, horror movie, horror film, zombie, slasher film, stephen king, vampire, horrorfilm,
      film d horreur, pelicula de terror, walking dead, creepypasta, ghost story
  TIFQA5 Lifestyle: lifestyle, lifestyle blog, slow living, estilo de vida, hygge, art de vivre,
      minimalist lifestyle
  650 Music Video: music video, official video, lyric video, videoclip, musikvideo, clip officiel
  156 Musical: musical, musical theater, musical theatre, broadway, west end, hamilton musical,
      les miserables, phantom of the opera, mamma mia, comedie musicale
  331 Mystery: mystery novel, detective story, whodunit, sherlock holmes, agatha christie, detective fiction,
      mystery series, cozy mystery, krimi, roman policier, poirot, novela negra, giallo?
  651 Reality TV: reality tv, reality show, big brother, the bachelor, love island, survivor show, kardashian,
      dschungelcamp, tele realite, got talent, the voice, dancing with the stars, top chef, bake off,
      germanys next topmodel
  326 Romance: romance novel, romantic comedy, love story, romance book, liebesroman, romantic movie,
      historical romance, bridgerton, liebesfilm
  652 Science Fiction: science fiction, sci fi movie, sci fi series, isaac asimov, blade runner, dystopian,
      space opera, cyberpunk, dune movie, philip k dick, ciencia ficcion, ficcao cientifica, fantascienza
  642 Soap Opera: soap opera, daily soap, eastenders, coronation street, general hospital show,
      days of our lives, seifenoper, emmerdale
  643 Special Interest (Indie/Art House): indie film, art house, arthouse, independent film, cult film,
      experimental film, arthouse kino
  371 Talk Radio: talk radio, radio host, radio show, call in show, radiosendung
  376 Public Radio: public radio, npr, bbc radio, deutschlandfunk, radio france
  A0AH3G Talk Show: talk show, late night show, talkshow, tonight show, late show, jimmy fallon, jimmy kimmel,
      daily show, graham norton
  KHPC5A True Crime: true crime, serial killer documentary, cold case, crime podcast, unsolved mystery
  KHPC6A Western: western movie, spaghetti western, western film, john wayne, clint eastwood, cowboy movie
  51 Young Adult: young adult novel, ya novel, ya fiction, hunger games, jugendbuch, young adult fiction,
      twilight saga
  700 Thriller: thriller, psychological thriller, suspense novel, spy novel, spy thriller, john le carre,
      gone girl
42 Books and Literature: book?, books, literature, author?, novelist, library book, book review, bestseller,
    goodreads, ebook, reading list, book club, audiobook, paperback, buch, bücher, literatur, livre,
    litterature, libro, literatura, livro, letteratura, buchhandlung, librairie, libreria, livraria,
    bookstore, bookshop, rezension?, bookworm, publisher?
  43 Art and Photography: photo book, photobook, art book, coffee table book, bildband
  46 Comics and Graphic Novels: graphic novel, webcomic, comic strip, asterix, tintin, lucky luke,
      calvin and hobbes
  48 Fiction: fiction, novel?, short story, roman?, romane, novela, romanzo, fan fiction, fanfic,
      literary fiction, kurzgeschichte, nouvelle litteraire, novels
  49 Poetry: poetry, poem, poet, haiku, sonnet, gedicht, poesie, poesia, poema, lyrik, limerick
201 Fine Art: art?, fine art, artist, artwork, kunst, beaux arts, bellas artes, belas artes, belle arti,
    masterpiece?, art history, arte?, künstler, sculpture, sculptor, skulptur, escultura, portrait painting,
    museum of art, van gogh, picasso, rembrandt, monet
  202 Costume: costume design, theatre costume, historical costume, kostüm, costume maker
  203 Dance: dance, ballet, dancer, choreography, choreographer, ballroom, tango, salsa dance, hip hop dance,
      tanz, tanzen, danse, danza, baile, ballett, tap dance, ballo, contemporary dance
  204 Design: graphic design, design?, typography, logo design, industrial design, product design, designer?,
      grafikdesign, graphisme, diseno grafico, design grafico, bauhaus, font?, branding design, schriftart,
      architecture?, architect, architektur, arquitectura, arquitetura, architettura
  205 Digital Arts: digital art, pixel art, nft art, generative art, concept art, digital painting,
      deviantart, procreate, digitale kunst, demoscene
  206 Fine Art Photography: fine art photography, ansel adams, black and white photography,
      street photography, photo exhibition
  207 Modern Art: modern art, contemporary art, abstract art, pop art, andy warhol, surrealism, cubism,
      impressionism, banksy, moderne kunst, art moderne, arte moderno, arte contemporanea, street art,
      graffiti, salvador dali, expressionism
  208 Opera: opera singer, la scala, metropolitan opera, soprano, tenor?, verdi?, puccini, oper, opera lirica,
      libretto, bayreuth
  209 Theater: theater, theatre, stage play, playwright, shakespeare, dramaturgy, teatro, schauspiel, bühne,
      piece de theatre, improv theatre, puppetry, puppet show, stagecraft
432 Pop Culture: pop culture, celebrity, celeb, gossip, paparazzi, tmz, promi, promis, vip news, famosos,
    people news, cotilleo, fofoca, royal family, meghan markle, prince harry, klatsch, stars news
  433 Celebrity Deaths: celebrity death, celebrity obituary, dead at age
  434 Celebrity Families: celebrity family, celebrity baby, celebrity kids, promi kinder
  435 Celebrity Homes: celebrity home, celebrity mansion, celebrity house
  438 Celebrity Scandal: celebrity scandal, celebrity feud, promi skandal
  439 Celebrity Style: celebrity style, celebrity fashion, celebrity outfit, red carpet look, met gala,
      red carpet dress
  440 Humor and Satire: humor, humour, satire, joke, meme, funny, parody, the onion, witz, witze, blague,
      chiste, piada, barzelletta, lustig, prank, fun facts
`;
