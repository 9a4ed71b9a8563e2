/** Sports, and fitness as far as it says nothing of anyone's health. */
export const SPORT = `
483 Sports: sport, sports news, football, deporte, esporte, sportnews, athlete, championship?, tournament?,
    league table, fixture?, match report, stadium, halftime, scoreboard, espn, bundestrainer, deportes,
    esportes, sportschau, equipe de france, live score, livescore, kicker?
  484 American Football: american football, nfl, super bowl, superbowl, quarterback, touchdown, linebacker,
      wide receiver, field goal, nfl draft, futbol americano, football americain
  507 Australian Rules Football: australian rules, aussie rules, afl, footy
  518 Auto Racing: auto racing, motorsport, formula 1, formula one, formel 1, formule 1, formula 1 racing,
      nascar, indycar, grand prix, rally car, rallye, wrc, le mans, pit stop, automovilismo, automobilismo,
      rennsport, f1
    519 Motorcycle Sports: motogp, moto gp, superbike, motocross, supercross, motorcycle racing, speedway
  534 Badminton: badminton, shuttlecock
  545 Baseball: baseball, mlb, world series, home run, pitcher?, beisbol, yankees, red sox, dodgers
  547 Basketball: basketball, nba, slam dunk, three pointer, wnba, euroleague, baloncesto, basquete,
      pallacanestro, lakers, celtics, basket ball
  548 Beach Volleyball: beach volleyball, beachvolleyball, volley playa
  549 Bodybuilding: bodybuilding, bodybuilder, mr olympia, culturismo, fisiculturismo
  550 Bowling: bowling, tenpin, bowling alley, bowling ball
  485 Boxing: boxing, boxer?, heavyweight, knockout?, boxeo, boxe, boxen, pugilism, ring magazine
  486 Cheerleading: cheerleading, cheerleader, pompom?
  487 College Sports: college sport, ncaa, collegiate athletics, varsity
    490 College Baseball: college baseball, college world series
    489 College Basketball: college basketball, march madness, final four
    488 College Football: college football, heisman, rose bowl, college gameday
  491 Cricket: cricket, ipl, test match, batsman, bowler, wicket, twenty20, odi, ashes series
  492 Cycling: cycling, bicycle, bike, biking, mountain bike, mountain biking, mtb, road bike, tour de france,
      giro d italia, vuelta, velodrome, cyclist, fahrrad, radfahren, radsport, cyclisme, velo, ciclismo,
      bicicleta, bicicletta, gravel bike, e bike, ebike, peloton?
  493 Darts: darts, dartboard, dart player
  495 Diving: platform diving, springboard diving, high diving
  496 Equine Sports: equestrian, horse riding, horseback riding, dressage, show jumping, reiten, reitsport,
      equitation, equitacion, pferdesport
  497 Horse Racing: horse racing, racecourse, jockey?, kentucky derby, grand national, royal ascot,
      pferderennen, hippisme, steeplechase, thoroughbred
  498 Extreme Sports: extreme sport, base jumping, bungee, bungee jumping, skydiving, paragliding, parkour,
      parachuting, hang gliding, wingsuit, fallschirmspringen, parapente
    499 Canoeing and Kayaking: canoe, canoeing, kayak, kayaking, whitewater, kanu, kajak, piragua, canoa
    500 Climbing: rock climbing, climbing, bouldering, mountaineering, alpinism, climber, klettern, escalade,
        escalada, arrampicata, bergsteigen
    501 Paintball: paintball, airsoft
    502 Scuba Diving: scuba, scuba diving, snorkeling, snorkel, padi, freediving, tauchen, plongee, buceo,
        mergulho
    503 Skateboarding: skateboard, skateboarding, skatepark, longboard, skater
    504 Snowboarding: snowboard, snowboarding, half pipe, snowboarder
    505 Surfing and Bodyboarding: surfing, surfboard, surfer, bodyboard, kitesurf, kitesurfing, windsurf,
        windsurfing, surf, surf report
    506 Waterskiing and Wakeboarding: waterskiing, water skiing, wakeboard, wakeboarding, wasserski
  508 Fantasy Sports: fantasy football, fantasy league, fantasy sport, fantasy baseball, draftkings,
      daily fantasy
  509 Field Hockey: field hockey, feldhockey, hockey sur gazon
  510 Figure Skating: figure skating, ice dancing, figure skater, eiskunstlauf, patinage artistique,
      patinaje artistico
  511 Fishing Sports: fishing, angling, fly fishing, bass fishing, fisherman, fishing rod, lure?, angeln,
      peche a la ligne, pesca deportiva, trout?, carp fishing
  512 Golf: golf, golfer, pga, pga tour, golf course, ryder cup, putter, birdie, golf club, lpga, golfplatz
  513 Gymnastics: gymnastics, gymnast, trampoline, pommel horse, turnen, gymnastique, gimnasia, ginastica,
      ginnastica
  514 Hunting and Shooting: hunting?, deer hunting, skeet shooting, clay pigeon, game bird, shooting range,
      archery, bowhunting, jagd, chasse, jager?
  515 Ice Hockey: ice hockey, nhl, stanley cup, hockey?, goaltender, eishockey, hockey sur glace,
      hockey sobre hielo
  516 Inline Skating: inline skating, inline skate, rollerblade, roller skating, roller derby
  517 Lacrosse: lacrosse
  520 Martial Arts: martial art, karate, judo, taekwondo, kung fu, jiu jitsu, bjj, mma, ufc, aikido,
      kickboxing, muay thai, krav maga, kampfsport, artes marciales, artes marciais, arts martiaux,
      arti marziali
  521 Olympic Sports: olympics, olympic, olympic games, olympia?, jeux olympiques, juegos olimpicos,
      jogos olimpicos, olimpiadi, olympische spiele
    522 Summer Olympic Sports: summer olympics, paris 2024, tokyo 2020, los angeles 2028
    523 Winter Olympic Sports: winter olympics, bobsleigh, luge, curling, biathlon, skeleton race,
        winter games
  524 Poker and Professional Gambling: poker, texas hold em, world series of poker, wsop, pokerstars
  525 Rodeo: rodeo, bull riding, barrel racing
  526 Rowing: rowing, regatta, rower, boat race, rudern, aviron, remo?, canottaggio
  527 Rugby: rugby, scrum half, all blacks, rugby ball, try line
    528 Rugby League: rugby league, super league rugby, nrl
    529 Rugby Union: rugby union, six nations, super rugby, rugby world cup, top 14
  530 Sailing: sailing, sailboat, yacht racing, americas cup, sailor, yachting, segeln, voile, regata,
      catamaran, vela?
  531 Skiing: skiing, ski, ski resort, skier, alpine skiing, cross country skiing, freestyle skiing,
      apres ski, langlauf, skifahren, skigebiet, ski jumping, esqui, slalom, station de ski, sci alpino
  532 Snooker/Pool/Billiards: snooker, billiards, pool table, billard, cue stick, eight ball, billar
  533 Soccer: soccer, fußball, futbol, futebol, calcio, foot?, fifa, uefa, premier league, la liga, laliga,
      bundesliga, serie a, ligue 1, champions league, europa league, world cup, copa america, midfielder,
      striker?, goalkeeper, penalty kick, offside, manchester united, real madrid, fc barcelona,
      bayern münchen, bayern munich, juventus, liverpool fc, arsenal fc, chelsea fc, coupe du monde,
      weltmeisterschaft, transfermarkt, mercato?, mls, eredivisie, football transfer
  535 Softball: softball, fastpitch
  551 Sports Equipment: sports equipment, sporting goods, sportartikel, tennis racket, golf clubs, cleats,
      shin guard, articles de sport, articulos deportivos
  536 Squash: squash racket, squash court, squash player
  537 Swimming: swimming, swimmer, freestyle swimming, backstroke, breaststroke, swim, schwimmen, natation,
      natacion, natacao, nuoto
  538 Table Tennis: table tennis, ping pong, tischtennis, tennis de table, tenis de mesa, pingpong
  539 Tennis: tennis, wimbledon, roland garros, us open tennis, australian open, atp, wta, davis cup, tenis,
      grand slam, djokovic, federer, nadal
  540 Track and Field: track and field, athletics, sprinter, hurdles, long jump, high jump, pole vault,
      javelin, shot put, decathlon, leichtathletik, athletisme, atletismo, atletica
  541 Volleyball: volleyball, voleibol, pallavolo, volley
  542 Walking: walking, nordic walking, power walking, rambling?, race walking, wandern, randonnee,
      senderismo, hiking trail, spaziergang
  543 Water Polo: water polo, wasserball, waterpolo
  544 Weightlifting: weightlifting, weight lifting, powerlifting, deadlift, bench press, barbell,
      gewichtheben, halterophilie, halterofilia
  546 Wrestling: wrestling, wwe, wrestler, wrestlemania, ringen, lucha libre, sumo
223 Healthy Living: healthy living, healthy lifestyle, gesund leben, vie saine, vida sana, vida saudavel
  225 Fitness and Exercise: fitness, workout, exercise?, gym, personal trainer, crossfit, cardio, pilates, yoga,
      aerobics, home gym, push up, treadmill, kettlebell, fitnessstudio, musculation, gimnasio,
      academia de ginastica, palestra, krafttraining, stretching, hiit
    226 Participant Sports: triathlon, ironman, fun run, obstacle race, spartan race, amateur league
    227 Running and Jogging: running shoe, jogging, marathon, half marathon, runner, trail running, 10k run,
        5k run, parkrun, laufen?, lauftraining, course a pied, maraton, maratona, corrida de rua, laufschuh
  229 Nutrition: nutrition, nutritionist, nutrient, calorie, whey protein, ernährung, nutricion, nutricao,
      nutrizione, macronutrient, dietary fibre
  232 Wellness: wellness, self care, sauna, mindfulness, bien etre, bienestar, work life balance
`;
